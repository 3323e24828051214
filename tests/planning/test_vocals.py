"""Vocals of bars, from probabilities that are known."""

from __future__ import annotations

import pytest

from djtrans.planning.vocals import sung, vocal_continuity


def test_a_bar_is_sung_if_its_probability_is_high(analysis):
    track = analysis(vocal=[(4, 6)])
    assert [bar for bar in range(64) if sung(track, bar)] == [4, 5]


@pytest.mark.parametrize(("bar", "continues"), [(4, 0.0), (5, 1.0), (6, 0.0), (7, 0.0)])
def test_vocals_continue_across_the_start_of_a_bar_within_a_line(analysis, bar, continues):
    assert vocal_continuity(analysis(vocal=[(4, 6)]), bar) == continues
