"""Levels around the swap, and the parts of the tracks that are played."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.planning.candidates import left_out_part
from djtrans.planning.levels import loudness_trim_db


@pytest.fixture
def levelled(analysis):
    def levelled(*parts, lufs=-10.0):
        """64 bars; the level of each part (bars, dB)."""
        levels = np.concatenate([np.full(bars, db, dtype=float) for bars, db in parts])
        return attrs.evolve(analysis(lufs=lufs), bar_level_db=levels, bar_low_db=levels - 6.0)

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
    assert left_out_part(track, 64, 48) == pytest.approx(0.25)
    assert left_out_part(track, 48, 64) == 0.0


def test_a_bound_on_music_that_is_left_out_is_kept_or_named(analysis, plan, technique):
    swap = technique("swap", bars=(8, 16, 16), place_a=("outro",), place_b=("intro-end",))
    a = analysis(sections=(("intro", 8), ("drop", 16), ("outro", 40)))
    made = plan(a, analysis(), swap, keep_a=0.9)
    assert any("% of A left unplayed, at most 10 % allowed" in reason for reason in made.reasons)
    assert not any("left unplayed" in r for r in plan(a, analysis(), swap, keep_a=0.0).reasons)
