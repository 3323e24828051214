"""Corrections applied to an analysis: precedence, confidence, and the record of each."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.apply_corrections import (
    IMPORTED_CONFIDENCE,
    CorrectionLayer,
    apply_corrections,
)
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.corrections import GridAnchor, SectionMark, TrackCorrections
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import Key


@pytest.fixture
def analysis():
    """32 bars at 120 BPM from 0.1 s on, uncertain."""
    return Analysis(
        duration_seconds=64.3,
        grid=BeatGrid(
            0.1 + np.arange(129) * 0.5, 0, 120.0, confidence=0.3, downbeat_confidence=0.2
        ),
        sections=(Section("intro", 0, 8), Section("drop", 8, 32)),
        phrases=[Phrase(start, 8) for start in (0, 8, 16, 24)],
        key=Key(9, "minor", 0.1),
        levels=Levels(-9.0, -8.0),
        bar_level_db=np.linspace(-30, -10, 32),
        bar_low_db=np.linspace(-30, -10, 32),
    )


def own(**given):
    return CorrectionLayer(TrackCorrections(**given), file="a.mp3.djtrans.json")


def imported(**given):
    return CorrectionLayer(TrackCorrections(**given), "djtrans/rekordbox", "my.xml")


def test_nothing_is_done_without_corrections(analysis):
    assert apply_corrections(analysis, []) is analysis
    assert apply_corrections(analysis, [own()]).corrections == ()


def test_own_corrections_win_over_an_import_and_that_over_the_analysis(analysis):
    layers = [
        imported(anchors=[GridAnchor(0.25, 125.0, 0)], key="5A", cues=[Cue("in", 1.0)]),
        own(anchors=[GridAnchor(0.2, 128.0, 0)]),
    ]
    found = apply_corrections(analysis, layers)
    assert found.grid.bpm == 128.0
    assert found.grid.downbeat_times[0] == 0.2
    assert found.grid.confidence == 1.0
    assert (found.key.camelot, found.key.confidence) == ("5A", IMPORTED_CONFIDENCE)
    assert found.levels == analysis.levels
    assert list(map(str, found.corrections)) == [
        "grid by rekordbox (my.xml): 125.00 BPM, a beat at 0:00.250, before 120.00 BPM",
        "key by rekordbox (my.xml): C minor 5A, before A minor 8A",
        "cues by rekordbox (my.xml): in 0:01.000",
        "grid by hand (a.mp3.djtrans.json): 128.00 BPM, a beat at 0:00.200, before 125.00 BPM",
    ]


def test_an_imported_grid_is_not_certain(analysis):
    found = apply_corrections(analysis, [imported(anchors=[GridAnchor(0.25, 125.0, 0)])])
    assert found.grid.confidence == found.grid.downbeat_confidence == IMPORTED_CONFIDENCE
    # A program that states no downbeats leaves them to the analysis.
    found = apply_corrections(analysis, [imported(anchors=[GridAnchor(0.12, 120.0)])])
    assert found.grid.downbeat_confidence == 0.2
    assert found.grid.downbeat_times[0] == pytest.approx(0.12)


def test_a_tempo_alone_says_nothing_of_the_downbeats(analysis):
    assert apply_corrections(analysis, [own(bpm=120.05)]).grid.downbeat_confidence == 0.2
    found = apply_corrections(analysis, [own(bpm=80)])
    assert found.grid.downbeat_confidence == 0.0
    assert found.grid.confidence == 1.0
    assert found.grid.beat_times[0] == pytest.approx(0.1)


def test_an_octave_keeps_beats_and_confidences(analysis):
    found = apply_corrections(analysis, [own(octave_bpm=60)])
    assert (found.grid.bpm, found.grid.confidence) == (60.0, 0.3)
    assert found.grid.downbeat_times == pytest.approx(analysis.grid.downbeat_times[::2])
    # An analyzer that finds the octave by itself needs no correction.
    assert apply_corrections(found, [own(octave_bpm=60)]).grid.bpm == 60.0


@pytest.mark.parametrize(("seconds", "first"), [(0.0, 0.1), (8.55, 0.6), (1.2, 1.1), (1.5, 1.6)])
def test_a_downbeat_is_the_nearest_beat(analysis, seconds, first):
    found = apply_corrections(analysis, [own(downbeat_seconds=seconds)])
    assert found.grid.downbeat_times[0] == pytest.approx(first)
    assert found.grid.beat_times == pytest.approx(analysis.grid.beat_times)
    assert found.grid.downbeat_confidence == 1.0


def test_sections_overwrite_bars(analysis):
    marks = [SectionMark("break", 8.1, 24.1), SectionMark("outro", 48.1, 64.1)]
    found = apply_corrections(analysis, [own(sections=marks)])
    assert [(s.label, s.start_bar, s.end_bar) for s in found.sections] == [
        ("intro", 0, 4),
        ("break", 4, 12),
        ("drop", 12, 24),
        ("outro", 24, 32),
    ]
    starts = {p.start_bar for p in found.phrases}
    assert {0, 4, 12, 16, 24} == starts
    assert sum(p.bars for p in found.phrases) == 32


def test_sections_keep_their_times_when_the_grid_is_corrected(analysis):
    given = {"sections": [SectionMark("break", 8.1, 24.1)], "anchors": [GridAnchor(0.1, 60.0, 0)]}
    found = apply_corrections(analysis, [own(**given)])
    (section,) = [s for s in found.sections if s.label == "break"]
    assert (section.start_bar, section.end_bar) == (2, 6)


def test_cues_of_the_same_name_are_replaced(analysis):
    layers = [
        imported(cues=[Cue("a", 1.0), Cue("b", 2.0), Cue("", 3.0)]),
        own(cues=[Cue("b", 2.5), Cue("c", 0.5)]),
    ]
    found = apply_corrections(analysis, layers)
    assert found.cues == (Cue("c", 0.5), Cue("a", 1.0), Cue("b", 2.5), Cue("", 3.0))


def test_an_own_correction_outside_the_track_is_an_error(analysis):
    with pytest.raises(InputError, match=r"^a\.mp3\.djtrans\.json: The anchor at 1:10\.000 is not"):
        apply_corrections(analysis, [own(anchors=[GridAnchor(70.0)])])
    with pytest.raises(InputError, match="less than a bar"):
        apply_corrections(analysis, [own(sections=[SectionMark("drop", 4.0, 4.2)])])


def test_an_import_that_does_not_fit_is_ignored_with_a_warning(analysis):
    far = imported(sections=[SectionMark("drop", 4.0, 4.2)], key="5A")
    with pytest.warns(UserWarning, match=r"my\.xml: what it states on the track is ignored"):
        found = apply_corrections(analysis, [far, own(key="6A")])
    assert found.grid is analysis.grid
    assert found.key.camelot == "6A"


def test_an_uneven_bar_is_stated(analysis):
    anchors = [GridAnchor(0.1, 120.0, 0), GridAnchor(16.225, 120.0, 0)]
    with pytest.warns(UserWarning, match=r"stretched to fit, at 0:14\.100 \(4\.25 beats\)"):
        apply_corrections(analysis, [own(anchors=anchors)])


def test_a_loop_moves_the_cues_after_it(analysis):
    found = apply_corrections(analysis, [own(cues=[Cue("a", 1.0), Cue("b", 20.0)])])
    looped = found.looped(4, 2, 1)
    assert looped.cues == (Cue("a", 1.0), Cue("b", 24.0))
