"""The entry of a file in a library from another computer."""

from __future__ import annotations

import pytest

from djtrans.core.errors import LibraryError
from djtrans.core.track.corrections import TrackCorrections
from djtrans.core.track.library import LibraryEntry, find_entry


def entry(location, key="8A", seconds=None):
    return LibraryEntry(
        location=location, corrections=TrackCorrections(key=key), duration_seconds=seconds
    )


@pytest.mark.parametrize(
    "location",
    ["/music/set/a.mp3", "D:/old/a.mp3", "D:\\Old\\A.MP3", "a.mp3", "../Music/a.mp3"],
)
def test_the_name_decides(location):
    found = find_entry([entry("/music/set/b.mp3"), entry(location)], "/music/set/a.mp3")
    assert found.location == location


def test_letters_are_compared_as_they_look():
    assert find_entry([entry("C:/x/U\u0308nder.mp3")], "/m/\u00dcnder.mp3") is not None


def test_the_folders_decide_between_equal_names():
    entries = [entry("D:/x/one/01.mp3", "1A"), entry("D:/x/two/01.mp3", "2A")]
    assert find_entry(entries, "/home/me/two/01.mp3").corrections.key == "2A"
    with pytest.raises(LibraryError, match="2 different entries for"):
        find_entry(entries, "/home/me/three/01.mp3")


def test_equal_entries_are_one():
    entries = [entry("D:/x/01.mp3"), entry("E:/y/01.mp3")]
    assert find_entry(entries, "/z/01.mp3") is entries[0]


def test_another_length_is_another_track():
    entries = [entry("D:/x/01.mp3", "1A", 200.0), entry("D:/y/01.mp3", "2A", 301.0)]
    assert find_entry(entries, "/z/01.mp3", 300.0).corrections.key == "2A"
    assert find_entry(entries, "/z/01.mp3", 250.0) is None


def test_others_are_not_found():
    assert find_entry([], "/z/01.mp3") is None
    assert find_entry([entry("D:/x/02.mp3"), entry("")], "/z/01.mp3") is None
