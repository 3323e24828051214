"""Scores of analyses whose errors are known."""

from __future__ import annotations

import sys

import attrs
import numpy as np
import pytest

import djtrans
from djtrans.benchmarking import Annotations
from djtrans.benchmarking.scores import SCORES, score
from djtrans.core.errors import DependencyError

BPM, SECONDS = 120.0, 64.0
BEATS = np.arange(0.0, SECONDS, 0.5)


def analysis(beats=BEATS, first_downbeat=0, bpm=BPM, key=("C", "major"), sections=(0, 8, 24)):
    """Return an analysis of 64 s with this grid, key and section starts in bars."""
    bars = (len(beats) - 1 - first_downbeat) // 4
    ends = (*sections[1:], bars)
    zeros = np.zeros(bars)
    tonic = {"C": 0, "G": 7, "A": 9, "F#": 6}[key[0]]
    return djtrans.Analysis(
        duration_seconds=SECONDS,
        grid=djtrans.BeatGrid(beats, first_downbeat, bpm),
        sections=[
            djtrans.Section("groove", start, end) for start, end in zip(sections, ends, strict=True)
        ],
        phrases=[
            djtrans.Phrase(start, end - start) for start, end in zip(sections, ends, strict=True)
        ],
        key=djtrans.Key(tonic, key[1]),
        levels=djtrans.Levels(-9.0, -8.0),
        bar_level_db=zeros,
        bar_low_db=zeros,
    )


@pytest.fixture(autouse=True)
def installed():
    pytest.importorskip("mir_eval")


def test_a_right_analysis_scores_1_in_all_tasks():
    true = Annotations(
        bpm=BPM,
        beats=BEATS.tolist(),
        downbeats=BEATS[::4].tolist(),
        key="C major",
        boundaries=(0.0, 16.0, 48.0, SECONDS),
        cues=(0.0, 16.0, 48.0),
    )
    assert score(analysis(), true) == {s.key: 1.0 for s in SCORES}


def test_only_annotated_tasks_are_scored():
    assert list(score(analysis(), Annotations(key="C major"))) == ["key weighted"]
    assert score(analysis(), Annotations()) == {}


@pytest.mark.parametrize(
    ("found", "acc1", "acc2"),
    [(124.7, 1, 1), (125.0, 0, 0), (60.0, 0, 1), (360.0, 0, 1), (40.0, 0, 1), (90.0, 0, 0)],
)
def test_tempo_within_4_percent_and_with_octaves(found, acc1, acc2):
    scores = score(analysis(bpm=found), Annotations(bpm=BPM))
    assert scores == {"tempo Acc1": acc1, "tempo Acc2": acc2}


def test_beats_that_are_late_by_20_ms_are_right_but_for_the_strict_continuity():
    scores = score(analysis(BEATS + 0.02), Annotations(beats=BEATS.tolist()))
    assert scores["beats F"] == 1.0
    assert scores["beats CMLt"] == 1.0
    assert scores["beats CMLt 15 ms"] == 0.0
    assert score(analysis(BEATS + 0.014), Annotations(beats=BEATS.tolist()))[
        "beats CMLt 15 ms"
    ] == pytest.approx(1.0)


def test_half_the_beats_are_right_at_another_metrical_level_only():
    scores = score(analysis(BEATS[::2]), Annotations(beats=BEATS.tolist()))
    assert scores["beats CMLt"] == 0.0
    assert scores["beats AMLt"] == pytest.approx(1.0, abs=0.02)
    assert scores["beats F"] == pytest.approx(2 / 3, abs=0.02)


def test_downbeats_one_beat_late_are_wrong():
    true = Annotations(downbeats=BEATS[::4].tolist())
    assert score(analysis(first_downbeat=1), true)["downbeats F"] == 0.0


@pytest.mark.parametrize(
    ("key", "weighted"),
    [(("G", "major"), 0.5), (("A", "minor"), 0.3), (("C", "minor"), 0.2), (("F#", "minor"), 0.0)],
)
def test_keys_are_weighted_by_their_relation(key, weighted):
    assert score(analysis(key=key), Annotations(key="C major"))["key weighted"] == weighted


def test_a_boundary_one_bar_late_is_right_within_3_s_only():
    true = Annotations(boundaries=(0.0, 16.0, SECONDS))
    scores = score(analysis(sections=(0, 9)), true)
    assert scores["structure HR3F"] == 1.0
    assert scores["structure HR.5F"] == pytest.approx(2 / 3)


def test_cue_points_are_compared_with_the_starts_of_sections():
    # Sections start at 0, 16 and 48 s; half a beat is 0.25 s.
    scores = score(analysis(), Annotations(cues=(0.3, 48.1, 60.0, 61.0)))
    assert scores["cues P.5"] == pytest.approx(2 / 3)
    assert scores["cues R.5"] == pytest.approx(2 / 4)
    assert scores["cues F.5"] == pytest.approx(4 / 7)
    assert scores["cues F beat"] == pytest.approx(2 / 7)
    slow = score(analysis(), Annotations(bpm=BPM / 2, cues=(0.3, 48.1, 60.0, 61.0)))
    assert slow["cues F beat"] == pytest.approx(4 / 7), "half a beat of the annotated tempo"


def test_cue_points_on_phrases_need_no_section_there():
    found = attrs.evolve(
        analysis(sections=(0,)), phrases=[djtrans.Phrase(bar, 8) for bar in range(0, 32, 8)]
    )
    scores = score(found, Annotations(cues=(16.0, 32.4, 40.0, 48.0)))
    assert scores["cues R.5"] == 0.0
    assert scores["cues on phrases"] == pytest.approx(3 / 4)


def test_missing_mir_eval_is_reported_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "mir_eval", None)
    with pytest.raises(DependencyError, match=r"pip install 'djtrans\[bench\]'"):
        score(analysis(), Annotations())
