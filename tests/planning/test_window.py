"""Windows of techniques that loop A's end, or change its speed, and the plans of them."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.contracts.ending import LoopRoll, SpeedChange
from djtrans.core.errors import PlanError
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import track_seconds
from djtrans.planning.beat_features import BeatFeatures
from djtrans.planning.window import Window

ROLL = LoopRoll((1 / 6, 1 / 6, 1 / 12, 1 / 12, 1 / 24, 1 / 24, *4 * (1 / 48,)))
LOOPS = {"bars": (4, 16, 32), "swap_at": 0.75, "overlap": False, "tempo": "a", "ending": ROLL}


def test_a_looped_window_counts_a_up_to_the_end_of_its_loop(technique):
    window = Window.of(technique(**LOOPS), 16)
    assert (window.swap, window.before_a, window.before("b"), window.after) == (12, 4, 12, 4)
    assert (window.looped, window.leave, window.needs_a, window.enter) == (True, 4, 0, 12)
    plain = Window.of(technique(), 16)
    assert (plain.looped, plain.before_a, plain.leave, plain.needs_a) == (False, 8, 15, 8)
    # In beats of three quarters the loops are shorter, and more of A is played plainly.
    assert Window.of(technique(**LOOPS), 16, 0.75).before_a == 6
    with pytest.raises(PlanError, match="would start within a bar"):
        Window.of(technique(**LOOPS), 4, 0.75)


def test_drums_overlap_where_vocals_do_not(technique):
    window = Window.of(technique(harmonic=False, overlap=True), 16)
    assert (window.leave, window.vocals_leave, window.vocals_enter) == (15, 8, 8)
    assert (window.needs_a, window.enter) == (8, 0)


def test_the_last_bars_of_a_phrase_are_looped_to_the_swap(analysis, plan, technique):
    made = plan(analysis(), analysis(), technique(**LOOPS, place_a=("outro",)))
    # A's outro starts at bar 48: the four bars before it are the loop; B's intro ends at bar 16.
    assert (made.a.cue_bar, made.a.swap_bar, made.b.swap_bar) == (44, 48, 16)
    assert made.b.cue_bar == 4
    bar = 2.0
    first, *_, last = made.a.playback
    assert (first.start, first.position, last.stop) == pytest.approx((4 * bar, 0.0, 12 * bar))
    assert made.swap_seconds == pytest.approx(last.stop)
    assert track_seconds(made.a.warp, first.position) == pytest.approx(44 * bar)
    assert made.a.swap_on_phrase
    assert made.a.phrase_lines[-1] == made.swap_seconds
    assert "A's bars up to bar 49 are looped to the swap" in made.reasons
    assert made.b.playback == ()


def test_bars_with_vocals_are_not_looped(analysis, plan, technique):
    made = plan(analysis(vocal=((40, 48),)), analysis(), technique(**LOOPS))
    assert made.a.swap_bar != 48
    with pytest.raises(PlanError, match="4 bars before it without vocals, to be looped"):
        plan(analysis(vocal=((0, 64),)), analysis(), technique(**LOOPS))


def test_loops_keep_as_tempo_where_a_blend_would_change_it(analysis, plan, technique):
    made = plan(analysis(), analysis(bpm=126.0), technique(**LOOPS))
    assert np.allclose(np.diff(made.beat_times), 0.5)
    blend = plan(analysis(), analysis(bpm=126.0))
    assert np.ptp(np.diff(blend.beat_times)) > 0.01


def test_a_brake_ends_on_the_swap_at_half_of_its_way(analysis, plan, technique):
    brake = SpeedChange(beats=4.0, speed=1.0, end_speed=0.0)
    facts = {"bars": (2, 2, 4), "beat_matched": False, "harmonic": False, "ending": brake}
    a = analysis(bpm=125.0)
    made = plan(a, analysis(bpm=90.0), technique(**facts))
    (segment,) = made.a.playback
    beat = 60 / 125
    assert made.swap_beat == 4
    assert (segment.start, segment.stop) == pytest.approx((0.0, 4 * beat))
    assert segment.position_at(segment.stop) == pytest.approx(2 * beat)
    assert (segment.speed, segment.end_speed) == (1.0, 0.0)
    assert not made.a.phrase_lines or max(made.a.phrase_lines) > made.swap_seconds


def test_a_shared_key_rule_compares_the_looped_bars(analysis, plan, technique):
    """The features are those of the bars that sound: A's loop and as much of B before the swap."""
    asked = []

    def extract(beat_times):
        asked.append(beat_times)
        count = len(beat_times) - 1
        return BeatFeatures(np.zeros(count), np.zeros(count), np.ones((count, 12)))

    pair = Pair(extract, extract)
    loops = technique(**LOOPS, place_a=("outro",))
    made = plan(analysis(), analysis(tonic=11), loops, extractors=pair, shift_beats=0)
    assert made.bars == 8  # two steps apart: at most 8 bars, 2 of which are the loop
    beats_a, beats_b = asked
    assert np.allclose(beats_a, 92.0 + 0.5 * np.arange(9))
    assert np.allclose(beats_b, 28.0 + 0.5 * np.arange(9))
