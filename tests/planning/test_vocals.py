"""Vocals of bars, from probabilities that are known."""

from __future__ import annotations

import pytest

from djtrans.planning.vocals import clash_bars, sung, vocal_continuity


def test_a_bar_is_sung_if_its_probability_is_high(analysis):
    track = analysis(vocal=[(4, 6)])
    assert [bar for bar in range(64) if sung(track, bar)] == [4, 5]


@pytest.mark.parametrize(("bar", "continues"), [(4, 0.0), (5, 1.0), (6, 0.0), (7, 0.0)])
def test_vocals_continue_across_the_start_of_a_bar_within_a_line(analysis, bar, continues):
    assert vocal_continuity(analysis(vocal=[(4, 6)]), bar) == continues


def test_bars_with_two_voices_are_counted_where_they_meet(analysis):
    a, b = analysis(vocal=[(8, 12)]), analysis(vocal=[(0, 3)])
    assert clash_bars(a, 8, b, 0, 8) == 3
    assert clash_bars(a, 8, b, 1, 8) == 2
    assert clash_bars(a, 0, b, 0, 8) == 0
