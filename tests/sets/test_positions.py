"""Positions of tracks by number and name."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtrans.core.errors import InputError
from djtrans.sets.options import SetOptions
from djtrans.sets.positions import fixed_positions

PATHS = [Path("/music/a.mp3"), Path("/music/b.mp3"), Path("/music/a.mp3"), Path("/music/c.mp3")]


def test_numbers_names_and_paths_are_understood():
    options = SetOptions(first="c", last="1", pin=("/music/b.mp3=3",))
    assert fixed_positions(PATHS, options) == {3: 0, 0: 3, 1: 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": "a.mp3"}, "give its number: 1, 3"),
        ({"last": "d"}, "there is no track 'd'"),
        ({"pin": ("b",)}, "is not TRACK=POSITION"),
        ({"pin": ("b=9",)}, "give 1 to 4"),
        ({"first": "b", "pin": ("b=2",)}, "at positions 1 and 2"),
    ],
)
def test_what_cannot_be_placed_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        fixed_positions(PATHS, SetOptions(**options))
