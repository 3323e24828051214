"""Positions in a track as text: seconds, minutes, bars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.errors import InputError
from djtrans.core.util.positions import parse_position, parse_seconds


@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59_999))
def test_times_are_read_as_they_are_printed(hours, minutes, milliseconds):
    text = f"{hours}:{minutes:02d}:{milliseconds / 1000:06.3f}"
    expected = 3600 * hours + 60 * minutes + milliseconds / 1000
    assert parse_seconds(text) == pytest.approx(expected)
    assert parse_position("cue_a", text) == (parse_seconds(text), None)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (None, (None, None)),
        (95.2, (95.2, None)),
        (" 1:35.2 ", (95.2, None)),
        ("bar:33", (None, 33)),
    ],
)
def test_positions(position, expected):
    assert parse_position("cue_a", position) == expected


@pytest.mark.parametrize("text", ["", "soon", "bar:0", "bar:-1", "1:2:3:4", "-3", float("nan")])
def test_other_text_is_an_error_that_names_the_option(text):
    with pytest.raises(InputError, match=r"cue_a = .* seconds, minutes such as .* bar:33"):
        parse_position("cue_a", text)
