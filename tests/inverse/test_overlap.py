"""The window of a real transition: whole bars, on the surer grid, over what is heard of both."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.transition.pair import Pair
from djtrans.inverse.overlap import plan_on_overlap, with_swap_at

#: At 120 BPM a bar is 2 s; the first one lies at 0.75 s, its one a beat later.
BPM, FIRST_BEAT, BARS = 120.0, 0.25, 90
ONE = FIRST_BEAT + 0.5
SECONDS = ONE + 2.0 * BARS


def analysis(confidence=1.0, beats=None, bpm=BPM) -> Analysis:
    beats = FIRST_BEAT + 0.5 * np.arange(4 * BARS + 2) if beats is None else beats
    return Analysis(
        duration_seconds=SECONDS,
        grid=BeatGrid(beats, 1, bpm, confidence=confidence, downbeat_confidence=confidence),
        sections=[Section("intro", 0, 8), Section("drop", 8, BARS)],
        phrases=[Phrase(bar, 8) for bar in range(0, BARS, 8)],
        key=Key(9, "minor", 1.0),
        levels=Levels(-10.0, -10.0),
        bar_level_db=np.zeros(BARS),
        bar_low_db=np.zeros(BARS),
        bar_vocal=np.zeros(BARS),
    )


def planned(overlap, a=None, b=None, seconds=SECONDS):
    return plan_on_overlap(Pair(a or analysis(), b or analysis()), overlap, seconds, "set")


def test_the_window_holds_the_overlap_and_as_much_on_either_side():
    # Heard in bars 20.5 to 25.25: bars 20 to 25, and six on either side; of these 18 bars, 16.
    plan = planned((ONE + 41.0, ONE + 50.5))
    assert plan.a.cue_seconds == plan.b.cue_seconds == pytest.approx(ONE + 30.0)
    assert plan.bars == 16
    assert plan.beat_times == pytest.approx(0.5 * np.arange(65))
    assert plan.a.warp == ((0.0, plan.a.cue_seconds), (1.0, plan.a.cue_seconds + 1.0))
    assert (plan.a.cue_bar, plan.a.cue_section) == (15, "drop")
    # Phrases start every 8 bars: one lies a bar after the window's start.
    assert 2.0 in [pytest.approx(line) for line in plan.a.phrase_lines]


def test_a_cut_gets_four_bars_on_either_side():
    plan = planned((ONE + 21.5, ONE + 20.5))
    assert plan.a.cue_seconds == pytest.approx(ONE + 12.0)
    assert plan.bars == 8


def test_the_window_ends_with_the_excerpt():
    plan = planned((ONE + 5.0, ONE + 7.0), seconds=ONE + 11.5)
    assert plan.a.cue_seconds == pytest.approx(ONE)
    assert plan.bars == 4


def test_a_long_overlap_leaves_little_beside_it():
    plan = planned((ONE + 40.0, ONE + 160.0))
    assert plan.bars == 64
    assert plan.a.cue_seconds == pytest.approx(ONE + 36.0)


@pytest.mark.parametrize(
    ("overlap", "seconds", "said"),
    [
        ((ONE + 4.0, ONE + 140.0), SECONDS, "over 68 bars; 64 at most"),
        ((ONE, ONE + 4.0), ONE + 6.5, "3 whole bars around the overlap; 4 at least"),
    ],
)
def test_windows_that_are_too_long_or_too_short_are_refused(overlap, seconds, said):
    with pytest.raises(InputError, match=said):
        planned(overlap, seconds=seconds)


def test_tracks_that_do_not_share_their_beats_are_refused():
    with pytest.raises(InputError, match=r"120\.0 and 122\.0 BPM"):
        planned((ONE, ONE + 20.0), b=analysis(bpm=122.0))


def test_the_surer_grid_counts_even_where_its_tempo_drifts():
    beats = FIRST_BEAT + 0.5 * np.arange(4 * BARS + 2) + 1e-5 * np.arange(4 * BARS + 2) ** 2
    plan = planned((20.0, 30.0), a=analysis(confidence=0.5), b=analysis(0.9, beats))
    at = int(np.argmin(np.abs(beats - plan.a.cue_seconds)))
    assert at % 4 == 1
    assert plan.beat_times == pytest.approx(beats[at : at + len(plan.beat_times)] - beats[at])
    assert plan.confidence == 0.9


def test_a_recovered_swap_moves_what_lies_there_and_nothing_else():
    analyses = Pair(analysis(), analysis())
    # Bars 12 to 13, four on either side, and two of these ten too many: 9 to 16.
    plan = planned((ONE + 24.0, ONE + 28.0))
    trimmed = attrs.evolve(plan, a=attrs.evolve(plan.a, gain_db=-3.0))
    moved = with_swap_at(trimmed, 28, analyses)
    assert (moved.swap_beat, moved.a.swap_bar, moved.a.swap_on_phrase) == (28, 16, True)
    assert moved.a.swap_section == "drop"
    assert (moved.a.gain_db, moved.a.warp) == (-3.0, plan.a.warp)
