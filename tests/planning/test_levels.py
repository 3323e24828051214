"""Levels around the swap, and the parts of the tracks that are played."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.planning.levels import Gains, ease_bars, loudness_trim_db, match_loudness
from djtrans.planning.scoring import faults_b, skipped_part, unplayed_part
from djtrans.planning.window import Window


@pytest.fixture
def levelled(analysis):
    def levelled(*parts, lufs=-10.0):
        """64 bars; the level of each part (bars, dB)."""
        levels = np.concatenate([np.full(bars, db, dtype=float) for bars, db in parts])
        return attrs.evolve(
            analysis(lufs=lufs),
            bar_level_db=levels,
            bar_low_db=levels - 6.0,
            bar_loudness_db=levels,
        )

    return levelled


def test_the_trim_has_a_limit(levelled):
    a, b = levelled((64, -10), lufs=-8.0), levelled((64, -16), lufs=-14.0)
    assert loudness_trim_db(a, b) == pytest.approx(6.0, abs=1e-3)
    assert loudness_trim_db(a, levelled((64, -40), lufs=-40.0)) == 12.0


def test_auto_avoids_a_fall_and_says_so_if_it_cannot(levelled, plan, technique):
    a = levelled((64, -10))
    swap = technique("swap", bars=(8, 16, 16))
    b = levelled((16, -10), (8, -28), (40, -10))  # what follows the intro is a break
    assert plan(a, b, swap).b.swap_bar != 16
    fallen = levelled((16, -10), (48, -28))
    made = plan(a, fallen, swap, keep_b=0.0)
    assert "although the music is weaker after the swap" in made.reasons


def test_parts_that_are_left_out(analysis):
    track = analysis()  # 64 bars
    # The window of 16 bars ends 8 bars after the swap, and A a bar before its end.
    window = Window(bars=16, swap=8, overlap=True, harmonic=True, before_a=8)
    assert unplayed_part(track, 41, window) == pytest.approx(0.25)
    assert unplayed_part(track, 60, window) == 0.0
    assert skipped_part(track, 24, window) == pytest.approx(0.25)
    assert skipped_part(track, 8, window) == 0.0


def test_music_that_is_left_out_costs_by_its_time(analysis):
    """At 120 BPM a bar lasts 2 s: 16 bars after B's intro are 32 s."""
    window = Window(bars=2, swap=1, overlap=False, harmonic=False, before_a=1)
    faults = faults_b(analysis(), 32, 0, window)
    assert faults["much of B is skipped"] == pytest.approx((32.0 + 3.2) / 60.0)
    assert faults["more of B is skipped than allowed"] == 0.0
    assert faults_b(analysis(), 32, 0, window, 0.75)[
        "more of B is skipped than allowed"
    ] == pytest.approx(0.5 + 2.0 * 0.25)


def test_a_bound_on_music_that_is_left_out_is_kept_or_named(analysis, plan, technique):
    swap = technique("swap", bars=(8, 16, 16), place_a=("outro",), place_b=("intro-end",))
    a = analysis(sections=(("intro", 8), ("drop", 16), ("outro", 40)))
    made = plan(a, analysis(), swap, keep_a=0.9)
    assert any("% of A left unplayed, at most 10 % allowed" in reason for reason in made.reasons)
    assert not any("left unplayed" in r for r in plan(a, analysis(), swap, keep_a=0.0).reasons)


@pytest.mark.parametrize(
    ("lufs_a", "lufs_b", "headroom", "gains"),
    [
        (-9.0, -9.0, 6.0, Gains(0.0, 0.0, 0.0)),
        # A quieter B is raised for good: A is the louder one.
        (-9.0, -13.0, 6.0, Gains(0.0, 4.0, 4.0)),
        # A quieter A is raised as far as its peaks allow, the rest is taken from B for a while.
        (-15.0, -9.0, 2.0, Gains(2.0, -4.0, 0.0)),
        (-15.0, -9.0, 9.0, Gains(6.0, 0.0, 0.0)),
        (-15.0, -9.0, -1.5, Gains(0.0, -6.0, 0.0)),
        # The difference of the gains has a limit.
        (-30.0, -9.0, 5.0, Gains(5.0, -7.0, 0.0)),
        (-9.0, -30.0, 5.0, Gains(0.0, 12.0, 12.0)),
        # Less than half a decibel is not eased.
        (-9.4, -9.0, 0.0, Gains(0.0, -0.4, -0.4)),
    ],
)
def test_gains_match_the_loudness_at_the_swap(analysis, lufs_a, lufs_b, headroom, gains):
    found = match_loudness(analysis(lufs=lufs_a), analysis(lufs=lufs_b), headroom)
    assert attrs.astuple(found) == pytest.approx(attrs.astuple(gains))


def test_gains_are_eased_no_faster_than_half_a_decibel_per_bar():
    assert [ease_bars(db, 16) for db in (-1.0, 8.0, -8.1, 12.0)] == [16, 16, 17, 24]


def test_a_loud_b_returns_to_its_own_level_after_the_window(analysis, plan):
    a, b = analysis(lufs=-15.0), analysis(lufs=-9.0)
    made = plan(a, b, headroom=1.0)
    assert (made.a.gain_db, made.a.gain_ease) == (1.0, None)
    assert (made.b.gain_db, made.b.own_gain_db) == (pytest.approx(-5.0), 0.0)
    ease = made.b.gain_ease
    # The bars last 2 s and the phrases 8 bars.
    assert (ease.start, ease.bars) == (made.window_seconds, 16)
    assert ease.stop == pytest.approx(made.window_seconds + 32.0)
    assert ease.stop in made.b.phrase_lines
    # At the swap both tracks are equally loud; 4 bars into the ramp B is a quarter of the way.
    assert -15.0 + made.a.gain_db == pytest.approx(-9.0 + made.b.gain_db)
    assert made.b.gain_db_at(ease.start + 8.0) == pytest.approx(-3.75)
    # 18 bars at least, up to the phrase boundary after them.
    steep = plan(analysis(lufs=-18.0), b).b.gain_ease
    assert steep.bars == 24
    assert steep.stop in made.b.phrase_lines
    kept = plan(a, b, ease_bars=0)
    assert (kept.b.gain_db, kept.b.gain_ease) == (-6.0, None)


def test_equally_loud_tracks_and_a_quieter_b_have_no_ramp(analysis, plan):
    for lufs in (-9.0, -13.0):
        made = plan(analysis(lufs=-9.0), analysis(lufs=lufs), headroom=6.0)
        assert (made.a.gain_db, made.b.gain_ease) == (0.0, None)
