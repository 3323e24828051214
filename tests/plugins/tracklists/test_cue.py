"""Cue sheets: starts to the frame, any usual encoding, and what is wrong is said with its line."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import InputError, TracklistError
from djtrans.plugins.tracklists.cue import CueSheet

SHEET = """\
REM GENRE "Tech House"
PERFORMER "DJ Ünder"
TITLE "Live "at" Plain"
FILE "My Mix 01.mp3" MP3
  TRACK 01 AUDIO
    TITLE "One (Bo Remix)"
    PERFORMER "Ada"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Cy - Two"
    INDEX 00 03:40:00
    INDEX 01 03:45:37
  TRACK 03 AUDIO
    PERFORMER "Dee"
    TITLE "Three"
    INDEX 01 102:00:74
"""


@pytest.fixture
def read(tmp_path):
    def call(text, encoding="utf-8", mark=b""):
        path = tmp_path / "set.cue"
        path.write_bytes(mark + text.encode(encoding))
        (found,) = CueSheet(NoConfig()).read(str(path))
        return found

    return call


def test_a_sheet(read):
    found = read(SHEET)
    assert found.title == 'DJ Ünder - Live "at" Plain'
    assert found.audio == "My Mix 01.mp3"
    assert found.resolution_seconds == 1 / 75
    said = [(e.artist, e.title, e.mix) for e in found.entries]
    assert said == [("Ada", "One", "Bo Remix"), ("Cy", "Two", ""), ("Dee", "Three", "")]
    starts = [e.start_seconds for e in found.entries]
    assert starts == pytest.approx([0, 225 + 37 / 75, 6120 + 74 / 75], abs=1e-12)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("cp1252", b""),
    ],
)
@pytest.mark.filterwarnings("ignore:.*is not UTF-8")
def test_any_usual_encoding_and_line_end(read, encoding, mark):
    for ends in ("\n", "\r\n", "\r"):
        assert read(SHEET.replace("\n", ends), encoding, mark) == read(SHEET)


@given(st.integers(0, 999), st.integers(0, 59), st.integers(0, 74))
def test_every_index_is_minutes_seconds_and_75ths(tmp_path_factory, minutes, seconds, frames):
    path = tmp_path_factory.mktemp("cue") / "one.cue"
    path.write_text(f'TRACK 01 AUDIO\nTITLE "A"\nINDEX 01 {minutes:02}:{seconds:02}:{frames:02}\n')
    (found,) = CueSheet(NoConfig()).read(str(path))
    (entry,) = found.entries
    assert round(entry.start_seconds * 75) == (minutes * 60 + seconds) * 75 + frames


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("03:45:37", "03:45:75", r"line 12: INDEX '01 03:45:75'"),
        ("03:45:37", "03:60:00", "line 12"),
        ("03:45:37", f"{'9' * 400}:00:00", "line 12"),
        ("03:45:37", f"{'9' * 5000}:00:00", "line 12"),
        ("03:45:37", "3.45", "line 12"),
        ("    INDEX 01 03:45:37\n", "", "line 9: this TRACK has no INDEX 01"),
        ("102:00:74", "01:00:00", "before 'Cy - Two'"),
        ("  TRACK 03", 'FILE "b.mp3" MP3\n  TRACK 03', "line 13: a second FILE"),
        (SHEET, "some text", "no cue sheet"),
        (SHEET, "", "no cue sheet"),
    ],
)
def test_what_is_wrong_is_said(read, old, new, match):
    assert old in SHEET
    with pytest.raises(TracklistError, match=match):
        read(SHEET.replace(old, new))


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        list(CueSheet(NoConfig()).read(str(tmp_path / "absent.cue")))
    (tmp_path / "audio.cue").write_bytes(b"RIFF\0\0\0\0WAVE")
    with pytest.raises(TracklistError, match="is no text"):
        list(CueSheet(NoConfig()).read(str(tmp_path / "audio.cue")))


def test_another_encoding_is_stated(read):
    with pytest.warns(UserWarning, match="is not UTF-8 and read as Windows-1252"):
        assert read(SHEET, "cp1252").title.startswith("DJ Ünder")


def test_utf_16_of_other_scripts_without_a_mark(read):
    sheet = SHEET.replace("DJ Ünder", "Кино").replace("One", "椎名林檎")
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read(sheet, encoding) == read(sheet)


def test_invisible_characters_curly_quotes_and_full_width_digits(read):
    sheet = SHEET.replace("    INDEX", "\u200e\u00a0INDEX").replace(
        '"One (Bo Remix)"', "“One (Bo Remix)”"
    )
    assert read(sheet.replace("03:45:37", "０３:４５:３７")) == read(SHEET)


def test_lines_that_are_no_commands_are_reported(read):
    with pytest.warns(UserWarning, match=r"line 13 \('TRACK03 AUDIO'\) cannot be read"):
        found = read(SHEET.replace("TRACK 03", "TRACK03").replace("102:00:74", "103:00:00"))
    assert len(found.entries) == 2
