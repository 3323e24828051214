"""Plans on analyses made by hand, where the right answer is known."""

from __future__ import annotations

import attrs
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from djtrans.core.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.beat_grid import BeatGrid
from djtrans.core.declarations import TechniqueDeclaration
from djtrans.core.errors import InputError, PlanError
from djtrans.core.key import Key
from djtrans.core.plan import clock_seconds, track_seconds
from djtrans.core.planner import PlanOptions, in_one_octave, nearest_bars, plan_transition


def technique(name="swap", bars=(8, 16, 32), swap_at=0.5, **facts):
    return TechniqueDeclaration(
        name=name, summary="x", factory="a:b", bars=bars, swap_at=swap_at, **facts
    )


def analysis(
    bpm=120.0,
    sections=(("intro", 16), ("drop", 32), ("outro", 16)),
    first=0,
    lead=0.0,
    lufs=-10.0,
    tonic=9,
):
    bars = sum(length for _, length in sections)
    beats = lead + np.arange(bars * 4 + 1 + first) * 60 / bpm
    made, phrases, at = [], [], 0
    for label, length in sections:
        made.append(Section(label, at, at + length))
        phrases += [Phrase(at + i, min(8, length - i)) for i in range(0, length, 8)]
        at += length
    return Analysis(
        duration_seconds=float(beats[-1]) + 1.0,
        grid=BeatGrid(beats, first, bpm),
        sections=made,
        phrases=phrases,
        key=Key(tonic, "minor"),
        levels=Levels(lufs, lufs),
        bar_level_db=np.zeros(bars),
        bar_low_db=np.zeros(bars),
    )


SWAP = {"x/swap": technique()}


def test_a_late_b_early_on_phrase_lines():
    plan = plan_transition(analysis(), analysis(bpm=123.0, first=2, lead=0.3), SWAP)
    assert (plan.bars, plan.swap_beat, plan.n_frames) == (16, 32, 128)
    assert (plan.a.swap_bar, plan.a.swap_section) == (48, "outro")
    assert (plan.b.swap_bar, plan.b.swap_section) == (16, "drop")
    assert plan.a.swap_on_phrase
    assert plan.b.swap_on_phrase
    assert plan.a.cue_seconds == pytest.approx(40 * 2.0)
    assert plan.a.stretch_percent == pytest.approx(0.0, abs=1e-9)
    assert plan.b.stretch_percent == pytest.approx(100 * (120 / 123 - 1), abs=1e-6)


def test_an_outro_of_several_sections_starts_with_the_first():
    cut = (("intro", 16), ("outro", 8), ("drop", 24), ("outro", 8), ("outro", 8))
    plan = plan_transition(analysis(sections=cut), analysis(), SWAP)
    assert plan.a.swap_bar == 48
    assert "the swap lies where A's outro starts" in plan.reasons


def test_both_swaps_fall_on_the_same_clock_time():
    a, b = analysis(first=1, lead=0.1), analysis(bpm=126.0, first=3, lead=1.7)
    plan = plan_transition(a, b, SWAP)
    for side, track in ((plan.a, a), (plan.b, b)):
        swap = track.grid.time_of_bar(side.swap_bar)
        assert clock_seconds(side.warp, swap) == pytest.approx(plan.swap_seconds, abs=1e-9)
        beats = [track.grid.time_of(track.grid.beat_of_bar(side.cue_bar) + i) for i in range(65)]
        clock = [clock_seconds(side.warp, float(t)) for t in beats]
        assert np.allclose(clock, plan.beat_times, atol=1e-9)


def test_tempos_too_far_apart_leave_each_its_own():
    a, b = analysis(), analysis(bpm=140.0)
    with pytest.raises(
        PlanError, match=r"tempos differ by 14.3 %, more than the stretch limit of 8"
    ):
        plan_transition(a, b, SWAP)
    cut = technique("cut", bars=(2, 2, 2), beat_matched=False)
    plan = plan_transition(a, b, {**SWAP, "x/cut": cut})
    assert plan.technique == "x/cut"
    assert "tempos" in plan.rejected[0]
    assert plan.a.stretch_percent == pytest.approx(0, abs=1e-9)
    assert plan.b.stretch_percent == pytest.approx(0, abs=1e-9)
    steps = np.diff(plan.beat_times)
    assert np.allclose(steps[:4], 60 / 120)
    assert np.allclose(steps[4:], 60 / 140)
    at_swap = track_seconds(plan.b.warp, plan.swap_seconds)
    assert at_swap == pytest.approx(b.grid.time_of_bar(plan.b.swap_bar))


def test_a_short_track_gets_a_shorter_window_and_the_plan_says_so():
    short = analysis(sections=(("intro", 8), ("drop", 4)))
    plan = plan_transition(short, analysis(), SWAP)
    assert plan.bars == 8
    assert "over 16 bars" in plan.rejected[0]
    with pytest.raises(PlanError, match=r"No transition fits. swap over 16 bars"):
        plan_transition(short, analysis(), SWAP, PlanOptions(bars=16))
    with pytest.raises(PlanError, match="swap takes 8 to 32 bars, not 4"):
        plan_transition(analysis(), analysis(), SWAP, PlanOptions(bars=4))


def test_a_fade_out_is_no_place_for_a_transition():
    a = analysis()
    faded = np.zeros(64)
    faded[40:] = -np.arange(24.0)
    plan = plan_transition(attrs.evolve(a, bar_level_db=faded), analysis(), SWAP)
    assert plan.a.swap_bar + 8 <= 47  # -6 dB is reached in bar 46


def test_cues_are_snapped_to_the_downbeat_and_the_shift_is_said():
    options = PlanOptions(cue_a_seconds=20.3, cue_b_seconds=4.0)
    plan = plan_transition(analysis(), analysis(), SWAP, options)
    assert plan.a.cue_seconds == pytest.approx(20.0)
    assert plan.b.cue_bar == 2
    assert any("cue of A as asked, moved -300 ms" in reason for reason in plan.reasons)
    with pytest.raises(InputError, match=r"outside track B; give 0 to"):
        plan_transition(analysis(), analysis(), SWAP, PlanOptions(cue_b_seconds=1000.0))
    with pytest.raises(PlanError, match="whole bars are left"):
        plan_transition(analysis(), analysis(), SWAP, PlanOptions(cue_a_seconds=120.0))


def test_the_level_trim_meets_a_and_has_a_limit():
    plan = plan_transition(analysis(lufs=-9), analysis(lufs=-13), SWAP)
    assert plan.b.gain_db == pytest.approx(4.0)
    assert plan.b.gain == pytest.approx(10 ** (4 / 20))
    far = plan_transition(analysis(lufs=-9), analysis(lufs=-40), SWAP)
    assert far.b.gain_db == 12.0
    assert any("limit" in reason for reason in far.reasons)


@pytest.mark.parametrize(("slow", "fast"), [(87.0, 174.0), (70.0, 138.0), (64.0, 126.0)])
def test_octaves_are_one_tempo(slow, fast):
    a, b = in_one_octave(analysis(bpm=slow), analysis(bpm=fast))
    assert a.grid.bpm == 2 * slow
    assert b.grid.bpm == fast
    plan = plan_transition(analysis(bpm=slow), analysis(bpm=fast), SWAP)
    assert plan.a.bpm == slow
    assert abs(plan.b.stretch_percent) < 3


@given(first=st.integers(0, 3), bars=st.integers(4, 40))
def test_doubling_keeps_every_time(first, bars):
    track = analysis(bpm=87.0, sections=(("intro", bars), ("drop", bars)), first=first)
    double = track.doubled()
    lead = (2 * first) // 4
    for bar in range(track.grid.bars):
        assert double.grid.time_of_bar(2 * bar + lead) == pytest.approx(track.grid.time_of_bar(bar))
    assert len(double.bar_level_db) == double.grid.bars
    assert double.sections[0].start_bar == 0
    assert all(
        x.end_bar == y.start_bar for x, y in zip(double.sections, double.sections[1:], strict=False)
    )


@given(st.floats(0.5, 300), st.floats(60, 200))
def test_the_nearest_length_is_nearest(duration, bpm):
    bar = 240 / bpm
    chosen = nearest_bars(duration, bpm)
    others = (1, 2, 4, 8, 16, 24, 32, 48, 64)
    assert abs(chosen * bar - duration) <= min(abs(n * bar - duration) for n in others) + 1e-9


def test_a_duration_must_be_positive():
    with pytest.raises(InputError, match="more than 0"):
        nearest_bars(0.0, 120.0)


def test_beat_grid_inverts_itself_and_goes_on_beyond_its_ends():
    grid = BeatGrid(np.array([1.0, 1.5, 2.25, 3.0]), 0, 100.0)
    beats = np.linspace(-3, 7, 41)
    assert np.allclose(grid.beat_of(grid.time_of(beats)), beats)
    assert grid.time_of(-1) == pytest.approx(0.5)
    assert grid.time_of(5) == pytest.approx(4.5)


def test_camelot_codes_and_distances():
    """Codes as on any Camelot wheel: A minor 8A, C major 8B, E minor 9A, F# minor 11A."""
    named = {
        (9, "minor"): "8A",
        (0, "major"): "8B",
        (4, "minor"): "9A",
        (6, "minor"): "11A",
        (8, "minor"): "1A",
        (11, "major"): "1B",
        (7, "major"): "9B",
    }
    for (tonic, mode), code in named.items():
        assert Key(tonic, mode).camelot == code
    codes = {Key(t, m).camelot for t in range(12) for m in ("minor", "major")}
    assert len(codes) == 24
    assert Key(9, "minor").distance(Key(0, "major")) == 1
    assert Key(8, "minor").distance(Key(1, "minor")) == 1  # 1A and 12A are neighbours
    assert Key(9, "minor").distance(Key(3, "minor")) == 6
