"""Texts as people write them under mixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import clock
from djtrans.plugins.tracklists.description import Description


@pytest.fixture
def read(tmp_path):
    def call(text):
        path = tmp_path / "Ada at the Plain.txt"
        path.write_text(text, encoding="utf-8")
        (found,) = Description(NoConfig()).read(str(path))
        return found

    return call


def said(found):
    return [(e.start_seconds, e.artist, e.title) for e in found.entries]


@pytest.mark.parametrize(
    "line",
    [
        "12:34 Ada - One",
        "12:34 - Ada - One",
        "0:12:34 Ada - One",
        "[12:34] Ada - One",
        "(12:34) Ada - One",
        "12:34 | Ada - One",
        "12:34: Ada - One",
        "12:34 – Ada – One",
        "12:34 - 15:00 Ada - One",
        "[12:34 - 1:15:00] Ada - One",
        "3. 12:34 Ada - One",
        "03) [12:34] Ada - One",
        "#3. 12:34 Ada - One",
        "12:34 3. Ada - One",
        "* 12:34 Ada - One",
        "► 12:34 Ada - One",
        "Ada - One 12:34",
        "3. Ada - One [12:34]",
        "Ada - One - 12:34",
        "Ada - One (0:12:34)",
    ],
)
def test_the_ways_to_write_a_time(read, line):
    assert said(read(f"Plain is out now!\n\n{line}\n\nFollow us\n")) == [(754, "Ada", "One")]


def test_a_whole_description(read):
    found = read(
        "https://www.mixcloud.com/ada/plain/\n"
        "Recorded live on a Friday at 22:30\n\nTracklist:\n"
        "00:00 Ada - One (Original Mix) [Plain]\n"
        "03:45 ID - ID\n"
        "w/ Bo - Two (Acapella)\n"
        "1:02:03 Cy, Dee & Eve - Four\n"
        "75:00 Solo\n\n"
        "Listen at https://example.org/12:30\n"
    )
    assert found.title == "Ada at the Plain"
    assert found.url == "https://www.mixcloud.com/ada/plain/"
    assert said(found) == [
        (0, "Ada", "One"),
        (225, "ID", "ID"),
        (None, "Bo", "Two"),
        (3723, "Cy, Dee & Eve", "Four"),
        (4500, "", "Solo"),
    ]
    assert [e.with_previous for e in found.entries] == [False, False, True, False, False]
    assert (found.entries[0].mix, found.entries[0].label) == ("Original Mix", "Plain")


def test_numbers_without_times(read):
    found = read("My best of 2020.\n\n1. Ada - One\n02 - Bo - Two\n3) Cy - Three\n\nBye\n")
    assert said(found) == [(None, "Ada", "One"), (None, "Bo", "Two"), (None, "Cy", "Three")]


def test_lines_below_a_heading(read):
    found = read("Hello\n\n*** TRACK LIST ***\n\nAda - One\n- Bo - Two\n\nBooking - ada@plain\n")
    assert said(found) == [(None, "Ada", "One"), (None, "Bo", "Two")]


@pytest.mark.parametrize("text", ["", "Hello, a fine mix.\n", "Tracklist:\n", "12:34\n13:00\n"])
def test_a_text_without_tracks_is_an_error(read, text):
    with pytest.raises(TracklistError, match="No tracks are found"):
        read(text)


def test_times_that_fall_are_an_error(read):
    with pytest.raises(TracklistError, match="'Bo - Two' starts at 3:00, before"):
        read("5:00 Ada - One\n3:00 Bo - Two\n")


@given(st.lists(st.integers(0, 36000), min_size=1, max_size=20).map(sorted), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, starts, padded):
    path = tmp_path_factory.mktemp("texts") / "mix.txt"
    times = [f"{clock(s):0>5}" if padded else clock(s) for s in starts]
    path.write_text("\n".join(f"{time} A{i} - T{i}" for i, time in enumerate(times)))
    (found,) = Description(NoConfig()).read(str(path))
    assert said(found) == [(s, f"A{i}", f"T{i}") for i, s in enumerate(starts)]
