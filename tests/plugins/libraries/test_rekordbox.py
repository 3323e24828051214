"""rekordbox: XML collections written from their documentation."""

from __future__ import annotations

import pytest

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import LibraryError
from djtrans.core.track.corrections import GridAnchor
from djtrans.core.track.cue import Cue
from djtrans.plugins.libraries.rekordbox import RekordboxXml
from tests.helpers.dj_libraries import rekordbox_xml


def read(file):
    (entry,) = RekordboxXml(NoConfig()).read(str(file))
    return entry


def tempo(start, bpm, beat, metro="4/4"):
    return {"Inizio": start, "Bpm": bpm, "Metro": metro, "Battito": beat}


def test_a_grid_with_two_tempos(tmp_path):
    file = rekordbox_xml(
        tmp_path / "x.xml",
        "/music/a.mp3",
        [tempo("0.025", "128.00", "1"), tempo("15.025", "126.50", "3")],
        Tonality="F#m",
    )
    entry = read(file)
    assert entry.location == "/music/a.mp3"
    assert entry.duration_seconds == 30.0
    given = entry.corrections
    assert given.anchors == (GridAnchor(0.025, 128.0, 0), GridAnchor(15.025, 126.5, 2))
    assert given.musical_key.camelot == "11A"


def test_names_are_decoded(tmp_path):
    assert read(rekordbox_xml(tmp_path / "x.xml", "/m/Ünder & 100 %.mp3")).location == (
        "/m/Ünder & 100 %.mp3"
    )
    assert read(rekordbox_xml(tmp_path / "x.xml", "D:/m/a.mp3")).location == "D:/m/a.mp3"


def test_hot_cues_memory_cues_and_loops(tmp_path):
    marks = [
        {"Name": "drop", "Type": "0", "Start": "12.5", "Num": "0"},
        {"Name": "", "Type": "0", "Start": "3.0", "Num": "1"},
        {"Name": "", "Type": "0", "Start": "12.5", "Num": "-1"},  # the same as a memory cue
        {"Name": "", "Type": "4", "Start": "20.0", "End": "24.0", "Num": "2"},
        {"Name": "", "Type": "0", "Start": "1.0", "Num": "-1"},
    ]
    given = read(rekordbox_xml(tmp_path / "x.xml", "/a.mp3", marks=marks)).corrections
    assert given.cues == (
        Cue("", 1.0),
        Cue("B", 3.0),
        Cue("drop", 12.5),
        Cue("C", 20.0, 24.0),
    )
    assert given.stated == ("cues",)


def test_what_is_not_analyzed_is_not_stated(tmp_path):
    given = read(
        rekordbox_xml(tmp_path / "x.xml", "/a.mp3", [tempo("0.0", "0.00", "1")], Tonality="")
    ).corrections
    assert given.stated == ()


def test_other_metres_have_beats_without_downbeats(tmp_path):
    given = read(
        rekordbox_xml(tmp_path / "x.xml", "/a.mp3", [tempo("0.5", "90.00", "1", "3/4")])
    ).corrections
    assert given.anchors == (GridAnchor(0.5, 90.0, None),)


def test_a_track_with_a_wrong_number_is_left_out_and_named(tmp_path):
    file = rekordbox_xml(tmp_path / "x.xml", "/a.mp3", [tempo("zero", "128", "1")])
    with pytest.warns(UserWarning, match=r"1 tracks cannot be read .* /a\.mp3 \(could not conv"):
        assert list(RekordboxXml(NoConfig()).read(str(file))) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<NML></NML>", "begins with <NML>, not <DJ_PLAYLISTS>"),
        ("<DJ_PLAYLISTS><COLLECTION>", "not a complete XML file"),
        ("<?xml version='1.0' encoding='UTF-9'?><DJ_PLAYLISTS/>", "unknown encoding: UTF-9"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><DJ_PLAYLISTS/>', "declares a document type"),
        (f"<DJ_PLAYLISTS>{'<x>' * 60}{'</x>' * 60}</DJ_PLAYLISTS>", "nested deeper"),
    ],
)
def test_what_is_no_collection_is_refused(tmp_path, content, reason):
    file = tmp_path / "x.xml"
    file.write_text(content)
    with pytest.raises(LibraryError, match=reason):
        list(RekordboxXml(NoConfig()).read(str(file)))
