"""Cues: their texts, and what is refused."""

from __future__ import annotations

import math

import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.cue import Cue, clock


def test_a_name_is_one_visible_line():
    assert Cue(" a\nb\u200b ", 1.0).name == "a b"


def test_moving_moves_both_ends():
    assert Cue("x", 1.0, 2.5).moved(-0.25) == Cue("x", 0.75, 2.25)
    assert Cue("x", 1.0).moved(2.0) == Cue("x", 3.0)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("x", math.nan), "not at a finite time"),
        (("x", 1.0, math.inf), "not at a finite time"),
        (("x", 2.0, 1.0), "ends at 1 s, before its start"),
        ((3, 1.0), "give a text"),
    ],
)
def test_what_is_no_cue_is_refused(arguments, reason):
    with pytest.raises(InputError, match=reason):
        Cue(*arguments)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.000"), (59.9996, "1:00.000"), (-0.0251, "-0:00.025"), (3723.5, "62:03.500")],
)
def test_times_are_minutes_and_milliseconds(seconds, text):
    assert clock(seconds) == text
