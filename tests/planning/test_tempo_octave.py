"""Tempo octaves of two tracks."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from djtrans.core.errors import PlanError
from djtrans.planning.tempo_octave import match_tempo_octaves, nearest_octave


@pytest.mark.parametrize(("slow", "fast"), [(87.0, 174.0), (70.0, 138.0), (64.0, 126.0)])
def test_octaves_are_one_tempo(analysis, plan, slow, fast):
    a, b = match_tempo_octaves(analysis(bpm=slow), analysis(bpm=fast))
    assert a.grid.bpm == 2 * slow
    assert b.grid.bpm == fast
    made = plan(analysis(bpm=slow), analysis(bpm=fast))
    assert made.a.bpm == slow
    assert abs(made.b.stretch_percent) < 3


@given(first=st.integers(0, 3), bars=st.integers(4, 40))
def test_doubling_keeps_every_time(analysis, first, bars):
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


@pytest.mark.parametrize(("bpm", "to", "nearest"), [(87, 170, 174), (174, 90, 87), (128, 120, 128)])
def test_a_tempo_goes_to_the_octave_that_is_nearest(bpm, to, nearest):
    assert nearest_octave(bpm, to) == nearest


def test_three_to_two_is_not_matched_by_blends(analysis, plan):
    """However both are counted, one bar more or less in three or four is left over."""
    for bpm in (90.0, 101.25, 180.0):
        with pytest.raises(PlanError, match="more than the stretch limit"):
            plan(analysis(bpm=bpm), analysis(bpm=135.0))
