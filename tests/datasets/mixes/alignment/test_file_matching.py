"""Files are matched by the names of a tracklist, and what identifies no single file is refused."""

import time
import unicodedata
from pathlib import Path

import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.tracklist import TracklistEntry
from djtrans.datasets.mixes.alignment.file_matching import find_mix, match_boundary, match_file

FILES = [
    Path(name)
    for name in (
        "01 Ada - Night.flac",
        "Ada - Night (Bo Remix).wav",
        "TameAnderson-MakeMe.ogg",
        "Cy - Day.mp3",
        "Plain.wav",
        "Кино - Группа крови.wav",
        unicodedata.normalize("NFD", "Сплин - Мой рок-н-ролл.wav"),
        "椎名林檎 - 丸の内.wav",
        "Björk - Jóga.wav",
        "Eve - Night 2.wav",
    )
]


def entry(artist, title, mix=""):
    return TracklistEntry(artist=artist, title=title, mix=mix)


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
        ("Кино", "Группа крови", "", 5),
        ("КИНО", "Группа Крови", "Original Mix", 5),
        ("Ария", "Осколок льда", "", None),
        ("Сплин", "Мой рок-н-ролл", "", 6),
        ("Сплин", "Мои рок-н-ролл", "", None),
        ("椎名林檎", "丸の内", "", 7),
        ("椎名林檎", "罪と罰", "", None),
        ("Bjork", "Joga", "", 8),
        ("Ünknown", "Night", "", None),
        ("♥", "!!!", "", None),
        ("Кино", "♥", "", None),
    ],
)
def test_match_file(artist, title, mix, expected):
    found = match_file(entry(artist, title, mix), FILES)
    assert found.file == (None if expected is None else FILES[expected])
    assert bool(found.why) == (expected is None)


@pytest.mark.parametrize(
    ("title", "names", "why"),
    [
        ("!!!", ["a.wav"], "no letters or digits"),
        ("Night", ["Ada - Night.wav", "Bo - Night.wav"], "Ada - Night.wav, Bo - Night.wav; rename"),
        ("Go", ["Ada - Go Your Own Way.wav"], "no file has a matching name"),
        ("Night", ["Day.wav"], "no file has a matching name"),
        ("Night", ["x/Night (Mix).wav", "y/Night (Extended).wav"], "several files match"),
    ],
)
def test_what_does_not_identify_a_file_is_refused(title, names, why):
    found = match_file(entry("", title), list(map(Path, names)))
    assert found.file is None
    assert why in found.why


def test_the_closest_version_is_preferred():
    files = [Path("Ada - Night (Extended Mix).wav"), Path("Ada - Night.wav")]
    assert match_file(entry("Ada", "Night"), files).file == files[1]
    assert match_file(entry("Ada", "Night", "Extended Mix"), files).file == files[0]
    assert match_file(entry("DJ Ada", "Night"), [Path("DJ Bo - Night.wav")]).file is None


def test_copies_of_one_name_are_used_with_a_warning():
    with pytest.warns(UserWarning, match=r"name of Ada - Night: 02 Ada - Night.wav, Ada - N"):
        found = match_file(
            entry("Ada", "Night"), [Path("Ada - Night.mp3"), Path("02 Ada - Night.wav")][::-1]
        )
    assert found.file == Path("02 Ada - Night.wav")


def test_one_file_is_not_both_sides_of_a_boundary():
    file = Path("Кино - Группа крови.wav")
    night, other = entry("Кино", "Группа крови"), entry("", "Группа")
    assert [match.file for match in match_boundary([night, other], [file])] == [file, None]
    assert [match.file for match in match_boundary([other, night], [file])] == [None, file]
    assert [match.file for match in match_boundary([night, night], [file])] == [file, file]
    tied = match_boundary([entry("", "Группа"), entry("", "Крови")], [file])
    assert [match.file for match in tied] == [None, None]
    assert all("matches both tracks" in match.why for match in tied)


def test_joined_words_take_no_exponential_time():
    start = time.perf_counter()
    assert match_file(entry("", "a aa aaa"), [Path("a" * 200 + "b.wav")]).file is None
    assert time.perf_counter() - start < 1.0


def test_find_mix_by_audio_file_name_or_title():
    files = [Path("set.mp3"), Path("live-at-home-0123456789ab.wav"), Path("Live at Home 2.wav")]
    assert find_mix("x", "set.mp3", "y", files) == files[0]
    assert find_mix("x", r"C:\music\set.wav", "y", files) == files[0]
    assert find_mix("x", "https://example.org/set", "y", files) == files[0]
    assert find_mix("Live at Home", "", "live-at-home-0123456789ab", files) == files[1]
    assert find_mix("Live at Home 2", "", "z", files) == files[2]
    assert find_mix("Live at Home 3", "", "z", files) is None


def test_a_mix_is_not_another_whose_name_is_not_latin():
    files = [Path(unicodedata.normalize("NFD", "Йога микс.wav")), Path("mix.wav")]
    assert find_mix("Йога микс", "", "mix-0123456789ab", files) == files[0]
    assert find_mix("Другая запись", "", "mix-0123456789ab", files) is None
    assert find_mix("!!!", "", "mix-0123456789ab", [Path("???.wav")]) is None


def test_two_files_of_one_mix_are_refused():
    with pytest.raises(InputError, match=r"match the mix 'Live': a/Live.wav, b/Live.wav; rename"):
        find_mix("Live", "", "x", [Path("a/Live.wav"), Path("b/Live.wav")])


@pytest.mark.parametrize(
    "audio", ["../secret/set.wav", "/etc/set.wav", "..\\\\set.wav", "a\0/set.wav", "x" * 999]
)
def test_the_audio_of_a_tracklist_is_only_looked_for_among_the_files(audio):
    inside = Path("mixes/set.wav")
    expected = None if audio.startswith("x") else inside
    assert find_mix("t", audio, "y", [inside]) == expected
