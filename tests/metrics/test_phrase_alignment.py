"""Distances to lines that lie where the test says."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.phrase_alignment import phrase_alignment

BEAT = 0.5
CLOCK = 3.0 + BEAT * np.arange(33)  # 8 bars


def lines(*beats: float) -> np.ndarray:
    return 3.0 + BEAT * np.asarray(beats, dtype=float)


def test_lines_on_start_swap_and_end_are_met():
    found = phrase_alignment(lines(-16, 0, 16, 32, 48), CLOCK, swap_beat=16)
    assert (found.start, found.swap, found.end) == (0.0, 0.0, 0.0)
    assert found.off_bar == 0.0
    assert found.chance == pytest.approx(1 / 4)


@pytest.mark.parametrize("late", [1, 3, 4, 7, 8])
def test_the_distance_is_in_beats(late):
    found = phrase_alignment(lines(-32 + late, late, 32 + late), CLOCK, swap_beat=0)
    assert found.swap == pytest.approx(late)
    assert found.off_bar == pytest.approx(min(late % 4, -late % 4))
    assert found.chance == pytest.approx(1 / 8)


def test_lines_outside_the_window_count_by_its_tempo():
    assert phrase_alignment(lines(-5), CLOCK, 0).start == pytest.approx(5)
    assert phrase_alignment(lines(40), CLOCK, 0).end == pytest.approx(8)


def test_beats_are_counted_even_where_the_tempo_ramps():
    clock = np.concatenate([[0.0], np.cumsum(np.linspace(0.5, 0.4, 32))])
    found = phrase_alignment(clock[[8, 24]], clock, swap_beat=16)
    assert found.swap == pytest.approx(8)
    assert (found.start, found.end) == pytest.approx((8, 8))


def test_without_lines_or_swap_nothing_is_said():
    assert phrase_alignment(np.array([]), CLOCK, 16).swap is None
    assert phrase_alignment(lines(0, 16), CLOCK, None).swap is None
    assert phrase_alignment(lines(0), CLOCK, 0).chance is None
