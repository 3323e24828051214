"""Files are matched by the names of a tracklist, and other versions of a track are not."""

from pathlib import Path

import pytest

from djtrans.core.track.tracklist import TracklistEntry
from djtrans.datasets.mixes.alignment.file_matching import find_file, find_mix

FILES = [
    Path(name)
    for name in (
        "01 Ada - Night.flac",
        "Ada - Night (Bo Remix).wav",
        "TameAnderson-MakeMe.ogg",
        "Cy - Day.mp3",
        "Plain.wav",
    )
]


@pytest.mark.parametrize(
    ("artist", "title", "mix", "expected"),
    [
        ("Ada", "Night", "", 0),
        ("Ada", "Night", "Original Mix", 0),
        ("Ada", "Night", "Bo Remix", 1),
        ("Tame Anderson", "Make Me", "", 2),
        ("Ünknown", "Plain", "", 4),
        ("Ada", "Day", "", None),
        ("Ada", "Night", "Dee Remix", None),
        ("", "ID", "", None),
    ],
)
def test_find_file(artist, title, mix, expected):
    entry = TracklistEntry(artist=artist, title=title, mix=mix)
    assert find_file(entry, FILES) == (None if expected is None else FILES[expected])


def test_find_mix_by_audio_file_name_or_title():
    files = [Path("set.mp3"), Path("live-at-home-0123456789ab.wav"), Path("Live at Home 2.wav")]
    assert find_mix("x", "set.mp3", "y", files) == files[0]
    assert find_mix("Live at Home", "", "live-at-home-0123456789ab", files) == files[1]
    assert find_mix("Live at Home 2", "", "z", files) == files[2]
    assert find_mix("Live at Home 3", "", "z", files) is None
