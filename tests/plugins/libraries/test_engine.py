"""Engine DJ: databases and binary data as libdjinterop documents them."""

from __future__ import annotations

import struct

import pytest

from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.corrections import GridAnchor
from djtrans.core.track.cue import Cue
from djtrans.plugins.libraries.engine import EngineDatabase
from tests.helpers.dj_libraries import (
    engine_beats,
    engine_cues,
    engine_database,
    engine_loops,
    qt_compressed,
)

#: 120 BPM at 44100 Hz, from four beats before the first downbeat, which is at 0.5 s.
PLAIN = [(22050 - 4 * 22050, -4), (22050 + 60 * 22050, 60)]


def read(file):
    (entry,) = EngineDatabase(NoConfig()).read(str(file))
    return entry


@pytest.mark.parametrize("view", [False, True])
def test_a_grid_of_two_markers(tmp_path, view):
    file = engine_database(
        tmp_path / "m.db",
        "../../Music/a.mp3",
        engine_beats(44100.0, PLAIN),
        engine_cues([("drop", 44100.0), ("", -1.0), ("", 88200.0)]),
        engine_loops([("", 44100.0, 132300.0), ("", -1.0, -1.0)]),
        key=1,
        view=view,
    )
    entry = read(file)
    assert entry.location == "Music/a.mp3"
    assert entry.duration_seconds == 30.0
    given = entry.corrections
    assert given.anchors == (GridAnchor(-1.5, 120.0, 0),)
    assert given.musical_key.name == "A minor"
    assert given.cues == (Cue("drop", 1.0), Cue("loop 1", 1.0, 3.0), Cue("cue 3", 2.0))


def test_the_adjusted_grid_counts(tmp_path):
    adjusted = [(0.0, -1), (44100.0, 1), (44100.0 + 60 * 17640, 61)]
    beats = engine_beats(44100.0, PLAIN, adjusted)
    given = read(engine_database(tmp_path / "m.db", "a.mp3", beats)).corrections
    assert [(a.seconds, a.beat) for a in given.anchors] == [(0.0, 3), (1.0, 1)]
    assert [a.bpm for a in given.anchors] == pytest.approx([120.0, 150.0])


def test_a_grid_that_is_not_set_is_not_stated(tmp_path):
    beats = engine_beats(44100.0, PLAIN, is_set=0)
    assert read(engine_database(tmp_path / "m.db", "a.mp3", beats)).corrections.stated == ()
    assert read(engine_database(tmp_path / "n.db", "a.mp3")).corrections.stated == ()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "C major"),
        (2, "G major"),
        (7, "Gb minor"),
        (13, "Eb minor"),
        (22, "F major"),
        (23, "D minor"),
        (24, None),
    ],
)
def test_keys(tmp_path, number, name):
    found = read(engine_database(tmp_path / "m.db", "a.mp3", key=number)).corrections.musical_key
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("beats", "reason"),
    [
        (b"\0\0\0\x09not zlib", "cannot be decompressed"),
        (qt_compressed(b"short"), "cut off"),
        (qt_compressed(struct.pack(">ddBq", 44100, 1, 1, 2**40)), "cut off"),
        (qt_compressed(bytes(1000))[:-8], "cut off or too large"),
    ],
)
def test_damaged_data_is_left_out_and_named(tmp_path, beats, reason):
    file = engine_database(tmp_path / "m.db", "a.mp3", beats)
    with pytest.warns(UserWarning, match=rf"a\.mp3 \(.*{reason}"):
        assert list(EngineDatabase(NoConfig()).read(str(file))) == []
