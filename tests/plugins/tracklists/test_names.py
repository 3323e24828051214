"""A track's line comes apart into artist, title, version and label."""

from __future__ import annotations

import pytest

from djtrans.plugins.tracklists.names import entry_of


@pytest.mark.parametrize(
    ("text", "artist", "title", "mix", "label"),
    [
        ("Ada - One", "Ada", "One", "", ""),
        ("Ada – One", "Ada", "One", "", ""),
        ("Ada   -  One ", "Ada", "One", "", ""),
        ("A-Da - One-Two - Three", "A-Da", "One-Two - Three", "", ""),
        ("Ada - One (Original Mix)", "Ada", "One", "Original Mix", ""),
        ("Ada - One (Bo Remix) [Plain]", "Ada", "One", "Bo Remix", "Plain"),
        ("Ada - One [Bo Remix]", "Ada", "One", "Bo Remix", ""),
        ("Ada - One [Plain] (Bo Edit)", "Ada", "One [Plain]", "Bo Edit", ""),
        ("Ada - One (feat. Cy) [Plain 01]", "Ada", "One (feat. Cy)", "", "Plain 01"),
        ("Ada - (I Want) You", "Ada", "(I Want) You", "", ""),
        ("Ada - Mixed Feelings (Live)", "Ada", "Mixed Feelings (Live)", "", ""),
        ("Ada vs. Bo - One vs. Two (Cy Mashup)", "Ada vs. Bo", "One vs. Two", "Cy Mashup", ""),
        ("ID - ID", "ID", "ID", "", ""),
        ("ID", "", "ID", "", ""),
        ("Ünder - Övr", "Ünder", "Övr", "", ""),
    ],
)
def test_parts_of_a_line(text, artist, title, mix, label):
    entry = entry_of(text)
    assert (entry.artist, entry.title, entry.mix, entry.label) == (artist, title, mix, label)
    assert not entry.with_previous


@pytest.mark.parametrize("text", ["w/ Ada - One", "W/Ada - One"])
def test_a_track_that_sounds_with_the_one_above(text):
    entry = entry_of(text)
    assert (entry.artist, entry.title, entry.with_previous) == ("Ada", "One", True)
