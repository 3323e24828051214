"""Mixxx: databases with the schema and the protocol buffers of its sources."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from djtrans.core.errors import ConfigError, LibraryError
from djtrans.core.track.corrections import GridAnchor
from djtrans.core.track.cue import Cue
from djtrans.plugins.libraries import MixxxConfig
from djtrans.plugins.libraries.mixxx import MixxxDatabase
from tests.helpers.dj_libraries import field, mixxx_database, mixxx_grid, mixxx_map


def read(file):
    (entry,) = MixxxDatabase(MixxxConfig()).read(str(file))
    return entry


@pytest.mark.parametrize("frame", [11025, 11025.0, 0, -4410])
def test_a_constant_grid(tmp_path, frame):
    # Frames are integers up to Mixxx 2.3, and doubles since.
    file = mixxx_database(tmp_path / "m.sqlite", "/m/a.mp3", mixxx_grid(125.5, frame), key_id=22)
    entry = read(file)
    assert entry.location == "/m/a.mp3"
    assert entry.duration_seconds == 30.0
    assert entry.corrections.anchors == (GridAnchor(frame / 44100, 125.5, None),)
    assert entry.corrections.musical_key.name == "A minor"


def test_a_list_of_beats(tmp_path):
    beats = np.cumsum([0.25, *[0.5] * 40, *[0.4] * 40])
    frames = [round(time * 48000) for time in beats]
    file = mixxx_database(
        tmp_path / "m.sqlite", "/a.mp3", mixxx_map(frames), "BeatMap-1.0", rate=48000
    )
    found = read(file).corrections.anchors
    assert [a.seconds for a in found] == pytest.approx([0.25, 20.25])
    assert [a.bpm for a in found] == pytest.approx([120.0, 150.0], abs=1e-4)


def test_disabled_beats_do_not_count(tmp_path):
    beats = mixxx_map([0, 22050]) + field(1, field(1, 30000) + field(2, 0)) + mixxx_map([44100])
    file = mixxx_database(tmp_path / "m.sqlite", "/a.mp3", beats, "BeatMap-1.0")
    assert read(file).corrections.anchors == (GridAnchor(0.0, 120.0),)


def test_cues_count_the_samples_of_both_channels(tmp_path):
    cues = [
        (1, 2 * 44100, 0, 0, "drop"),
        (1, 4 * 44100, 0, 2, ""),
        (2, 44100, 0, -1, ""),
        (4, 8 * 44100, 4 * 44100, 3, ""),
        (8, 0, 999, -1, ""),  # the audible range, of no use to anybody
    ]
    given = read(mixxx_database(tmp_path / "m.sqlite", "/a.mp3", cues=cues)).corrections
    assert given.cues == (
        Cue("main", 0.5),
        Cue("drop", 1.0),
        Cue("hotcue 3", 2.0),
        Cue("hotcue 4", 4.0, 6.0),
    )


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, None), (1, "C major"), (12, "B major"), (13, "C minor"), (24, "B minor"), (25, None)],
)
def test_keys(tmp_path, number, name):
    found = read(mixxx_database(tmp_path / "m.sqlite", "/a.mp3", key_id=number)).corrections
    assert (found.musical_key.name if found.musical_key else None) == name


@pytest.mark.parametrize(
    ("beats", "version", "reason"),
    [
        (b"\x0a\x05ab", "BeatGrid-2.0", "cut off"),
        (b"\x0b", "BeatGrid-2.0", "unknown kind"),
        (b"\x0a", "BeatMap-1.0", "cut off"),
        (b"\x08\x01", "BeatMap-1.0", "damaged"),
        (b"x", "BeatGrid-9.0", "unknown version 'BeatGrid-9.0'"),
    ],
)
def test_a_track_with_damaged_beats_is_left_out_and_named(tmp_path, beats, version, reason):
    file = mixxx_database(tmp_path / "m.sqlite", "/a.mp3", beats, version)
    with pytest.warns(UserWarning, match=rf"/a\.mp3 \(.*{reason}"):
        assert list(MixxxDatabase(MixxxConfig()).read(str(file))) == []


def test_a_database_without_these_tables_is_refused(tmp_path):
    file = tmp_path / "m.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()
    with pytest.raises(LibraryError, match="no such table: cues"):
        list(MixxxDatabase(MixxxConfig()).read(str(file)))


def test_a_path_in_another_encoding_stops_nothing(tmp_path):
    file = mixxx_database(tmp_path / "m.sqlite", "/m/abc.mp3")
    with sqlite3.connect(file) as db:
        db.execute("UPDATE track_locations SET location = CAST(? AS TEXT)", (b"/m/\xe4.mp3",))
    db.close()
    assert read(file).location == "/m/\ufffd.mp3"


def test_a_database_in_use_is_read_with_its_log(tmp_path):
    file = mixxx_database(tmp_path / "m.sqlite", "/a.mp3", mixxx_grid(120.0, 0))
    db = sqlite3.connect(file)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("UPDATE library SET key_id = 13")
    db.commit()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert "m.sqlite-wal" in before
    assert read(file).corrections.musical_key.name == "C minor"
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    db.close()


def test_an_unknown_decoder_is_refused():
    with pytest.raises(ConfigError, match="'auto', 'mad', 'coreaudio', 'ffmpeg'"):
        MixxxConfig(decoder="winamp")
