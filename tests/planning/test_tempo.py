"""The tempo of the window, and how both tracks are eased to and from it."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import pytest

from djtrans.core.errors import PlanError
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.transition.plan import clock_seconds, track_seconds
from djtrans.planning.candidate_group import CandidateGroup
from djtrans.planning.tempo import tempo_variation, tempos_reachable


def rates(side):
    """Track seconds per clock second between the points of a warp."""
    return np.array([(t1 - t0) / (c1 - c0) for (c0, t0), (c1, t1) in pairwise(side.warp)])


def bar_tempos(plan):
    lines = np.array(plan.beat_times)[:: plan.beats_per_bar]
    return 60 * plan.beats_per_bar / np.diff(lines)


def check_bars_meet(plan, a, b):
    """Every bar line of both tracks lies on a downbeat of the clock."""
    lines = np.array(plan.beat_times)[:: plan.beats_per_bar]
    for side, track in ((plan.a, a), (plan.b, b)):
        times = [track.grid.time_of_bar(side.cue_bar + i) for i in range(plan.bars + 1)]
        assert np.allclose([clock_seconds(side.warp, t) for t in times], lines, atol=1e-9)


def test_up_to_three_percent_the_window_keeps_as_tempo(analysis, plan):
    a, b = analysis(), analysis(bpm=123.0)
    made = plan(a, b)
    assert np.allclose(bar_tempos(made), 120.0)
    assert made.a.warp == ((0.0, 80.0), (32.0, 112.0))
    assert "both tracks at A's tempo" in made.reasons
    check_bars_meet(made, a, b)


def test_b_eases_home_over_sixteen_bars(analysis, plan):
    b = analysis(bpm=123.0)
    made = plan(analysis(), b)
    after = rates(made.b)[-17:]
    assert np.all(np.diff(after) > 0)
    assert after[-1] == pytest.approx(1.0, abs=1e-9)
    assert after[0] > 120 / 123
    # The bar after those sixteen is at B's own tempo, and it goes on from there.
    home = b.grid.time_of_bar(made.b.cue_bar + 16 + 16)
    last_clock, last_track = made.b.warp[-1]
    assert last_track == pytest.approx(home + 4 * 60 / 123)
    assert track_seconds(made.b.warp, last_clock + 10) == pytest.approx(last_track + 10)
    held = plan(analysis(), b, ease_bars=0)
    assert len(held.b.warp) == 2


def test_a_tempo_that_is_nearly_the_same_is_not_eased(analysis, plan):
    assert len(plan(analysis(), analysis(bpm=120.2)).b.warp) == 2


def test_beyond_three_percent_the_tempo_moves_bar_by_bar(analysis, plan):
    a, b = analysis(), analysis(bpm=127.0)
    made = plan(a, b)
    tempos = bar_tempos(made)
    steps = tempos[1:] / tempos[:-1]
    assert np.allclose(steps, steps[0])
    assert tempos[0] / 120 == pytest.approx(steps[0] ** 0.5)
    assert 127 / tempos[-1] == pytest.approx(steps[0] ** 0.5)
    beats = np.diff(made.beat_times)
    assert np.allclose(beats.reshape(16, 4), beats[::4, None])
    check_bars_meet(made, a, b)
    # Before the window A is untouched, and B after it.
    assert track_seconds(made.a.warp, -20.0) == pytest.approx(made.a.cue_seconds - 20.0)
    end = made.window_seconds
    assert track_seconds(made.b.warp, end + 20.0) == pytest.approx(
        track_seconds(made.b.warp, end) + 20.0
    )
    assert "the tempo changes from 120 to 127 BPM" in made.reasons


@pytest.mark.parametrize(
    ("tempo", "first", "last"),
    [("a", 120.0, 120.0), ("b", 126.0, 126.0), ("123", 123.0, 123.0), ("61.5", 123.0, 123.0)],
)
def test_a_tempo_can_be_asked_for(analysis, plan, tempo, first, last):
    a, b = analysis(), analysis(bpm=126.0)
    made = plan(a, b, tempo=tempo)
    assert bar_tempos(made)[[0, -1]] == pytest.approx([first, last])
    check_bars_meet(made, a, b)
    # A comes from its own tempo, B goes back to its own.
    assert rates(made.a)[0] == pytest.approx(1.0, abs=1e-9)
    assert rates(made.b)[-1] == pytest.approx(1.0, abs=1e-9)


def test_a_ramp_can_be_asked_for_where_the_tempos_are_close(analysis, plan):
    made = plan(analysis(), analysis(bpm=122.0), tempo="ramp")
    assert np.all(np.diff(bar_tempos(made)) > 0)


def test_a_tempo_out_of_reach_is_refused(analysis, plan):
    with pytest.raises(PlanError, match=r"tempo 140 changes a track by 16.7 %, more than the"):
        plan(analysis(), analysis(), tempo="140")
    assert plan(analysis(), analysis(), tempo="140", stretch_limit=0.2).bars == 16


def test_tempos_too_far_apart_leave_each_its_own(analysis, plan, technique):
    a, b = analysis(), analysis(bpm=140.0)
    with pytest.raises(
        PlanError, match=r"tempos differ by 14.3 %, more than the stretch limit of 8"
    ):
        plan(a, b)
    cut = technique("cut", bars=(2, 2, 2), beat_matched=False, harmonic=False)
    made = plan(a, b, technique(), cut)
    assert made.technique == "x/cut"
    assert "tempos" in made.rejected[0]
    assert made.a.stretch_percent == pytest.approx(0, abs=1e-9)
    assert made.b.stretch_percent == pytest.approx(0, abs=1e-9)
    steps = np.diff(made.beat_times)
    assert np.allclose(steps[:4], 60 / 120)
    assert np.allclose(steps[4:], 60 / 140)
    at_swap = track_seconds(made.b.warp, made.swap_seconds)
    assert at_swap == pytest.approx(b.grid.time_of_bar(made.b.swap_bar))


def test_where_no_beats_sound_together_nothing_is_stretched_far(analysis, plan, technique):
    """4 % apart: a blend moves the tempo, a cut needs nothing of the kind."""
    cut = technique("cut", bars=(2, 2, 2), beat_matched=False, harmonic=False)
    made = plan(analysis(), analysis(bpm=125.0), cut)
    assert made.b.stretch_percent == pytest.approx(0, abs=1e-9)
    assert any("their beats are never audible together" in reason for reason in made.reasons)


def test_a_technique_may_take_less_than_usual(analysis, plan, technique):
    with pytest.raises(PlanError, match=r"differ by 2.4 %; the technique allows at most 1 %"):
        plan(analysis(), analysis(bpm=123.0), technique(tempo_limit=0.01))


@pytest.mark.parametrize("bpm", [112.0, 117.0, 123.0, 134.0])
def test_a_ride_glides_from_one_tempo_to_the_other(analysis, plan, technique, bpm):
    ride = technique(tempo="ramp", tempo_limit=0.125)
    a, b = analysis(), analysis(bpm=bpm)
    made = plan(a, b, ride)
    lines = np.array(made.beat_times)[::4]
    # A bar of the geometric ramp from 120, by half a step at either end.
    ratio = (bpm / 120.0) ** (1 / 16)
    bars = 240.0 / (120.0 * ratio ** (np.arange(16) + 0.5))
    assert np.allclose(lines, np.concatenate([[0.0], np.cumsum(bars)]))
    check_bars_meet(made, a, b)
    # Outside of the window both play at their own tempo.
    assert track_seconds(made.a.warp, -20.0) == pytest.approx(made.a.cue_seconds - 20.0)
    end = made.window_seconds
    after = track_seconds(made.b.warp, end + 20.0) - track_seconds(made.b.warp, end)
    assert after == pytest.approx(20.0)


def test_a_ride_reaches_as_far_as_it_declares_or_the_user_allows(analysis, plan, technique):
    ride = technique(tempo="ramp", tempo_limit=0.125)
    with pytest.raises(PlanError, match=r"15\.0 %, more than the stretch limit of 12\.5 %"):
        plan(analysis(), analysis(bpm=138.0), ride)
    with pytest.raises(PlanError, match=r"11\.7 %, more than the stretch limit of 5 %"):
        plan(analysis(), analysis(bpm=134.0), ride, stretch_limit=0.05)
    with pytest.raises(PlanError, match="stretch limit of 8 %"):
        plan(analysis(), analysis(bpm=134.0), technique())
    # What the user asks for comes before what the technique declares.
    held = plan(analysis(), analysis(bpm=123.0), ride, tempo="a")
    assert np.allclose(np.diff(held.beat_times), 0.5)


def test_a_ride_is_left_alone_where_the_tempos_are_one(analysis, technique, plan):
    ride = technique("ride", tempo="ramp", tempo_least=0.02)
    groups = [CandidateGroup(techniques={f"x/{t.name}": t}) for t in (ride, technique())]
    assert plan(analysis(), analysis(bpm=123.0), groups=groups).technique == "x/ride"
    made = plan(analysis(), analysis(bpm=121.0), groups=groups)
    assert made.technique == "x/swap"
    assert "ride: the tempos differ by 0.8 %; the technique is for differences of 2 %" in " ".join(
        made.rejected
    )
    assert plan(analysis(), analysis(), ride).technique == "x/ride"


def test_three_beats_never_meet_four(analysis, plan, technique):
    waltz = analysis(per_bar=3)
    with pytest.raises(PlanError, match="A has 4 beats per bar and B 3"):
        plan(analysis(), waltz)
    cut = technique("cut", bars=(2, 2, 2), beat_matched=False, harmonic=False)
    for a, b in ((analysis(), waltz), (waltz, analysis())):
        made = plan(a, b, cut)
        assert made.n_frames == 2 * made.beats_per_bar * 2
        assert len(made.beat_times) == 2 * made.beats_per_bar + 1
        at_swap = track_seconds(made.b.warp, made.swap_seconds)
        assert at_swap == pytest.approx(b.grid.time_of_bar(made.b.swap_bar))
    both = plan(waltz, waltz)
    assert (both.beats_per_bar, both.swap_beat) == (3, 24)


def test_without_a_beat_nothing_is_matched(analysis, plan):
    with pytest.raises(PlanError, match=r"B has no steady beat \(confidence 0.05\)"):
        plan(analysis(), analysis(confidence=0.05))


def test_a_tempo_that_wanders_is_followed_within_the_limit(analysis, plan):
    """A drifts by 2 % each way: its own beats are the clock, and B's bars go with them."""
    steady = analysis()
    drift = 0.02 * np.sin(np.arange(256) / 20)
    beats = np.concatenate([[0.0], np.cumsum(0.5 * (1 + drift))])
    a = attrs.evolve(steady, grid=attrs.evolve(steady.grid, beat_times=beats, constant=False))
    made = plan(a, steady)
    assert np.allclose(np.diff(made.beat_times), np.diff(beats)[40 * 4 : 56 * 4])
    check_bars_meet(made, a, steady)
    wild = np.concatenate([[0.0], np.cumsum(0.5 * (1 + 10 * drift))])
    b = attrs.evolve(steady, grid=attrs.evolve(steady.grid, beat_times=wild, constant=False))
    with pytest.raises(PlanError, match=r"B's tempo varies by \d+.\d %, more than the"):
        plan(steady, b)


@pytest.mark.parametrize(
    ("changed", "limit", "reachable"),
    [
        ({}, 0.05, True),
        ({"bpm": 125.0}, 0.05, True),  # 4 % apart
        ({"bpm": 125.0}, 0.03, False),
        ({"per_bar": 3}, 0.05, False),
        ({"confidence": 0.0}, 0.05, False),
        ({"bpm": 150.0, "per_bar": 3, "confidence": 0.0}, 0.05, False),
    ],
)
def test_two_tempos_need_meter_beat_and_nearness(analysis, changed, limit, reachable):
    assert tempos_reachable(analysis(), analysis(**changed), limit) == reachable


@pytest.mark.parametrize(
    ("bars", "variation"), [((2.0,), 0.0), ((2.0, 2.2), 0.0430), ((2.0, 2.0, 2.0), 0.0)]
)
def test_the_variation_of_the_tempo_is_that_of_the_bars(analysis, bars, variation):
    """2.0 and 2.2 s: percentiles 2.01, 2.1 and 2.19, so 2.19 / 2.1 or 2.1 / 2.01."""
    lines = np.concatenate([[0.0], np.cumsum(bars)])
    beats = np.interp(np.arange(4 * len(bars) + 1) / 4, np.arange(len(lines)), lines)
    track = analysis()
    grid = BeatGrid(beats, 0, 120.0, constant=False)
    assert tempo_variation(attrs.evolve(track, grid=grid)) == pytest.approx(variation, abs=0.002)
