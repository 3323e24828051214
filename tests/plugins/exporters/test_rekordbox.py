"""rekordbox XML, read by xml.etree and by the reader of such libraries."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from urllib.parse import unquote, urlparse

import attrs
import numpy as np
import pytest
import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import Loop
from djtrans.plugins.exporters.rekordbox import RekordboxCollection, tempos
from djtrans.plugins.libraries.rekordbox import RekordboxXml
from djtrans.testing import example_export
from tests.helpers.exports import exported


def beats_of(anchors, count):
    """The beats that a program reads from tempos: each up to the next one."""
    found = []
    for (start, bpm), stop in zip(anchors, [*(s for s, _ in anchors[1:]), np.inf], strict=True):
        beat = start
        while beat < stop - 0.25 * 60 / bpm and len(found) < count:
            found.append(beat)
            beat += 60 / bpm
    return np.array(found)


def test_grids_and_hot_cues_of_both_tracks(tmp_path):
    inputs, path, _ = exported("rekordbox", tmp_path)
    root = ET.parse(path).getroot()
    assert root.tag == "DJ_PLAYLISTS"
    tracks = root.findall("COLLECTION/TRACK")
    assert root.find("COLLECTION").get("Entries") == str(len(tracks)) == "2"
    cue = {"a": 20.0, "b": 4.0}
    for side, track in zip("ab", tracks, strict=True):
        assert track.get("Name") == f"Title {side.upper()}"
        assert unquote(urlparse(track.get("Location")).path) == str(tmp_path / f"{side}.wav")
        grid = inputs.tracks[side].analysis.grid
        anchors = [(float(t.get("Inizio")), float(t.get("Bpm"))) for t in track.iter("TEMPO")]
        found = beats_of(anchors, len(grid.beat_times))
        np.testing.assert_allclose(found, grid.beat_times, atol=0.0026)
        first = track.find("TEMPO")
        assert (first.get("Metro"), first.get("Battito")) == ("4/4", "4"), "one beat of upbeat"
        marks = list(track.iter("POSITION_MARK"))
        assert [(m.get("Num"), m.get("Type")) for m in marks] == [
            ("0", "0"),
            ("1", "0"),
            ("2", "0"),
        ]
        # The file runs 1.02 times as fast as the window.
        clock = (0.0, inputs.plan.beat_times[8], inputs.plan.beat_times[16])
        starts = [float(m.get("Start")) for m in marks]
        assert starts == pytest.approx([cue[side] + 1.02 * t for t in clock], abs=0.0006)
    (playlist,) = root.findall("PLAYLISTS/NODE/NODE")
    assert [t.get("Key") for t in playlist] == [t.get("TrackID") for t in tracks]


def test_the_reader_of_libraries_reads_the_same(tmp_path):
    _, path, _ = exported("rekordbox", tmp_path)
    entries = list(RekordboxXml(NoConfig()).read(str(path)))
    assert [e.location for e in entries] == [str(tmp_path / "a.wav"), str(tmp_path / "b.wav")]
    names = [[cue.name for cue in e.corrections.cues] for e in entries]
    assert names == [["djtrans start", "djtrans swap", "djtrans end"]] * 2
    assert entries[0].corrections.musical_key.name == "A minor"


def test_a_constant_tempo_is_one_anchor_if_its_decimals_suffice():
    beats = 0.1 + np.arange(2000) * 60 / 128.0
    assert list(tempos(BeatGrid(beats, 2, 128.0))) == [(0.1, 128.0, 2)]
    # 128.004 BPM is off by 15 ms after eight minutes if it is written as 128.00.
    uneven = BeatGrid(0.1 + np.arange(1000) * 60 / 128.004, 0, 128.004)
    anchors = list(tempos(uneven))
    assert len(anchors) > 2
    found = beats_of([(s, bpm) for s, bpm, _ in anchors], 1000)
    np.testing.assert_allclose(found, uneven.beat_times, atol=0.0021)


def test_rubato_keeps_every_beat():
    steps = 0.5 + 0.05 * np.sin(np.arange(60))
    grid = BeatGrid(np.cumsum(steps), 1, 120.0)
    anchors = list(tempos(grid))
    found = beats_of([(s, bpm) for s, bpm, _ in anchors], 60)
    np.testing.assert_allclose(found, grid.beat_times, atol=0.0021)
    beats = {round(s, 6): beat for s, _, beat in anchors}
    for index, seconds in enumerate(grid.beat_times):
        if round(float(seconds), 6) in beats:
            assert beats[round(float(seconds), 6)] == (index - 1) % 4


def test_a_cue_in_a_repeat_is_in_the_looped_bars(tmp_path):
    inputs = example_export(tmp_path, ("tracks",))
    loop = Loop(start_bar=10, bars=1, repeats=2, start_seconds=20.0, stop_seconds=22.0)
    plan = attrs.evolve(inputs.plan, a=attrs.evolve(inputs.plan.a, loop=loop))
    inputs = attrs.evolve(inputs, content=attrs.evolve(inputs.content, plan=plan))
    start = inputs.start_seconds
    assert inputs.file_seconds("a", start) == pytest.approx(20.0)
    assert inputs.file_seconds("a", start + 1.0) == pytest.approx(21.02)
    assert inputs.file_seconds("a", start + 2.5) == pytest.approx(20.0 + 2.55 - 2.0)
    # Two repeats are 4 s: the looped track is there at 26 s, its file at 22 s.
    assert inputs.file_seconds("a", start + 7.0) == pytest.approx(20.0 + 7.14 - 4.0)


def test_a_cue_beyond_the_file_is_moved_and_stated(tmp_path):
    inputs = example_export(tmp_path, ("tracks",))
    short = attrs.evolve(inputs.tracks.a, duration_seconds=25.0)
    inputs = attrs.evolve(inputs, files=Pair(short, inputs.tracks.b))
    path = tmp_path / "x.xml"
    lines = RekordboxCollection(NoConfig()).export(inputs, path)
    moved = [line for line in lines if "moved" in line]
    assert len(moved) == 1
    assert "hot cue end of A is at 28.0 s" in moved[0]
    mark = ET.parse(path).getroot().findall("COLLECTION/TRACK")[0].findall("POSITION_MARK")[2]
    assert float(mark.get("Start")) == 25.0


def test_files_that_rekordbox_does_not_read_are_stated(tmp_path):
    inputs = example_export(tmp_path, ("tracks",))
    ogg = write_audio(tmp_path / "b.ogg", torch.zeros(1, 44100), 44100)
    track = attrs.evolve(inputs.tracks.b, path=ogg)
    inputs = attrs.evolve(inputs, files=Pair(inputs.tracks.a, track))
    lines = RekordboxCollection(NoConfig()).export(inputs, tmp_path / "x.xml")
    assert [line for line in lines if "does not read" in line] == [
        "rekordbox does not read .ogg files such as b.wav."
    ]


def test_times_in_mp3_files_are_those_of_rekordbox(tmp_path):
    """The offset is that by which the reader of such libraries corrects them."""
    inputs = example_export(tmp_path, ("tracks",))
    mp3 = write_audio(tmp_path / "a.mp3", torch.zeros(1, 44100), 44100)
    inputs = attrs.evolve(
        inputs, files=Pair(attrs.evolve(inputs.tracks.a, path=mp3), inputs.tracks.b)
    )
    path = tmp_path / "x.xml"
    RekordboxCollection(NoConfig()).export(inputs, path)
    reader = RekordboxXml(NoConfig())
    entry = next(iter(reader.read(str(path))))
    offset = reader.offset_seconds(entry, str(mp3))
    assert offset > 0.01
    assert entry.corrections.cues[0].seconds - offset == pytest.approx(20.0, abs=0.001)
