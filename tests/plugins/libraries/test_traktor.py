"""Traktor: collections as in the examples of dj-data-converter and traktor-nml-utils."""

from __future__ import annotations

import pytest

from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.corrections import GridAnchor
from djtrans.core.track.cue import Cue
from djtrans.plugins.libraries.traktor import TraktorNml
from tests.helpers.dj_libraries import traktor_nml


def read(file):
    (entry,) = TraktorNml(NoConfig()).read(str(file))
    return entry


def cue(kind, start, name="n.n.", length="0.000000", slot="-1", **more):
    return {
        "NAME": name,
        "DISPL_ORDER": "0",
        "TYPE": kind,
        "START": start,
        "LEN": length,
        "REPEATS": "-1",
        "HOTCUE": slot,
        **more,
    }


def test_a_grid_marker_has_the_tempo_of_the_track(tmp_path):
    file = traktor_nml(
        tmp_path / "c.nml",
        "/Music/Kool & The Gang/a.mp3",
        [cue("4", "53.484213", "AutoGrid", slot="0")],
        bpm="111.999931",
        key=7,
        info={"PLAYTIME": "466", "PLAYTIME_FLOAT": "465.084076"},
    )
    entry = read(file)
    assert entry.location == "/Music/Kool & The Gang/a.mp3"
    assert entry.duration_seconds == 465.084076
    (anchor,) = entry.corrections.anchors
    assert anchor.seconds == pytest.approx(0.053484213)
    assert (anchor.bpm, anchor.beat) == (111.999931, 0)
    assert entry.corrections.musical_key.camelot == "9B"  # G major
    assert entry.corrections.cues == ()


def test_grid_markers_with_tempos_of_their_own(tmp_path):
    cues = [
        cue("4", "16000.0", "Beat Marker", GRID="120.000000"),
        cue("4", "0.0", "AutoGrid", GRID="60.000000"),
        cue("4", "48000.0", "Beat Marker"),
    ]
    given = read(traktor_nml(tmp_path / "c.nml", "/a.mp3", cues, bpm="90.0")).corrections
    assert given.anchors == (
        GridAnchor(0.0, 60.0, 0),
        GridAnchor(16.0, 120.0, 0),
        GridAnchor(48.0, 90.0, 0),
    )


def test_cues_loops_and_names(tmp_path):
    cues = [
        cue("0", "34339.219518", slot="1"),
        cue("0", "1000.0", "Drums", slot="2"),
        cue("5", "240053.631351", length="17142.867653", slot="4"),
        cue("3", "500.0"),
    ]
    given = read(traktor_nml(tmp_path / "c.nml", "/a.mp3", cues)).corrections
    assert [c.name for c in given.cues] == ["", "Drums", "hotcue 2", "hotcue 5"]
    assert given.cues[1] == Cue("Drums", 1.0)
    assert given.cues[3].end_seconds == pytest.approx(257.196499)
    assert given.anchors == ()


@pytest.mark.parametrize(
    ("value", "tag", "name"),
    [
        (0, "", "C major"),
        (11, "", "B major"),
        (12, "", "C minor"),
        (21, "2d", "A minor"),
        (None, "2d", "G major"),
        (None, "x", None),
    ],
)
def test_keys(tmp_path, value, tag, name):
    entry = read(traktor_nml(tmp_path / "c.nml", "/a.mp3", key=value, info={"KEY": tag}))
    found = entry.corrections.musical_key
    assert (found.name if found else None) == name
