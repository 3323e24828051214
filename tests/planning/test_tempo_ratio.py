"""Bars of two tracks counted at a ratio of 4:3."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from djtrans.core.transition.plan import clock_seconds, track_seconds
from djtrans.planning.tempo_ratio import count_bars, match_tempo_ratio


@given(first=st.integers(0, 3), bars=st.integers(4, 40))
def test_four_bars_counted_as_three_keep_their_times(analysis, first, bars):
    track = analysis(bpm=174.0, sections=(("intro", bars), ("drop", bars)), first=first)
    counted = count_bars(track, 3, 4)
    assert counted.grid.bpm == 130.5
    for bar in range(0, track.grid.bars, 4):
        again = counted.grid.time_of_bar(3 * bar // 4)
        assert again == pytest.approx(track.grid.time_of_bar(bar), abs=1e-9)
    assert len(counted.bar_level_db) == counted.grid.bars
    assert sum(p.bars for p in counted.phrases) == counted.grid.bars
    for before, after in pairwise(counted.sections):
        assert before.end_bar == after.start_bar
    phrases = {p.start_bar for p in track.phrases if p.start_bar % 4 == 0}
    wanted = {3 * bar // 4 for bar in phrases if 3 * bar // 4 < counted.grid.bars}
    assert wanted == {p.start_bar for p in counted.phrases}


def test_values_of_counted_bars_are_means_over_the_bars_they_cover(analysis):
    track = analysis(sections=(("drop", 8),), vocal=((0, 2),))
    # A counted bar is 4/3 of a bar: the second is bar 1 from a third on, and 2 up to two thirds.
    assert count_bars(track, 3, 4).bar_vocal == pytest.approx([1.0, 0.5, 0.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("bpm_a", "bpm_b", "counted", "beat"),
    [
        (130.5, 174.0, (130.5, 130.5), 0.75),
        (174.0, 131.0, (130.5, 131.0), 1.0),
        (126.0, 128.0, (126.0, 128.0), 1.0),
    ],
)
def test_the_faster_track_is_counted_at_the_nearest_ratio(analysis, bpm_a, bpm_b, counted, beat):
    a, b, found = match_tempo_ratio(analysis(bpm=bpm_a), analysis(bpm=bpm_b), ((1, 1), (3, 4)))
    assert (a.grid.bpm, b.grid.bpm, found) == (*counted, beat)


@pytest.mark.parametrize("bpm_b", [174.0, 87.0, 172.0])
def test_three_bars_meet_four_where_a_technique_asks_for_it(analysis, plan, technique, bpm_b):
    bridge = technique(tempo="a", tempo_ratios=((1, 1), (3, 4)))
    a, b = analysis(bpm=130.5), analysis(bpm=bpm_b, sections=(("intro", 32), ("drop", 64)))
    made = plan(a, b, bridge)
    assert made.b.stretch_percent == pytest.approx(100 * (174 / max(bpm_b, 174 - 2) - 1), abs=2.5)
    # Every third bar of the window from the swap on is every fourth bar of B, or second at 87.
    own = 4 if bpm_b > 100 else 2
    swap = made.swap_beat // 4
    lines = [made.beat_times[4 * bar] for bar in range(swap, made.bars + 1, 3)]
    first = b.grid.beat_of(track_seconds(made.b.warp, made.swap_seconds)) / 4
    assert first == pytest.approx(round(float(first)), abs=1e-6)
    for index, line in enumerate(lines):
        seconds = b.grid.time_of_bar(round(float(first)) + own * index)
        assert clock_seconds(made.b.warp, seconds) == pytest.approx(line, abs=1e-6)
