"""An analysis on another grid: its values, sections and phrases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.track.regridding import nearest_bar, phrases_between, phrases_of, regridded


def analysis(bars=16):
    return Analysis(
        duration_seconds=2.0 * bars,
        grid=BeatGrid(np.arange(4 * bars + 1) * 0.5, 0, 120.0),
        sections=(Section("intro", 0, 8), Section("drop", 8, bars)),
        phrases=(Phrase(0, 4), Phrase(4, 4), Phrase(8, 8)),
        key=Key(0, "major"),
        levels=Levels(-9.0, -8.0),
        bar_level_db=[-20.0] * 8 + [-10.0] * 8,
        bar_low_db=[-30.0] * 16,
        bar_vocal=np.arange(16) / 16,
    )


def test_the_same_grid_changes_nothing():
    before = analysis()
    after = regridded(before, before.grid)
    assert after.sections == before.sections
    assert after.phrases == before.phrases
    for name in ("bar_level_db", "bar_low_db", "bar_vocal", "bar_beat"):
        assert getattr(after, name) == pytest.approx(getattr(before, name)), name


def test_values_are_averaged_over_the_time_that_bars_share():
    # Moved by a quarter of a bar.
    after = regridded(analysis(), BeatGrid(0.5 + np.arange(61) * 0.5, 0, 120.0))
    assert after.grid.bars == 15
    assert after.bar_vocal == pytest.approx((np.arange(15) + 0.25) / 16)
    mixed = 10 * np.log10(0.75 * 10**-2 + 0.25 * 10**-1)
    assert after.bar_level_db == pytest.approx([-20.0] * 7 + [mixed] + [-10.0] * 7)


def test_bars_beyond_the_former_ones_have_the_outermost_value():
    after = regridded(analysis(), BeatGrid(-2.0 + np.arange(73) * 0.5, 0, 120.0))
    assert after.bar_vocal[0] == 0.0
    assert after.bar_vocal[-1] == pytest.approx(15 / 16)


def test_sections_and_phrases_keep_their_times_at_half_the_tempo():
    after = regridded(analysis(), BeatGrid(np.arange(33) * 1.0, 0, 60.0))
    assert [(s.label, s.start_bar, s.end_bar) for s in after.sections] == [
        ("intro", 0, 4),
        ("drop", 4, 8),
    ]
    assert after.phrases == (Phrase(0, 2), Phrase(2, 2), Phrase(4, 4))


def test_phrases_are_new_at_an_unrelated_tempo():
    # 3:2: the 16 bars are 24, the drop begins with bar 12.
    after = regridded(analysis(), BeatGrid(np.arange(97) / 3, 0, 180.0))
    assert [(s.start_bar, s.end_bar) for s in after.sections] == [(0, 12), (12, 24)]
    found = [(p.start_bar, p.bars) for p in after.phrases]
    assert found == [(0, 8), (8, 4), (12, 8), (20, 4)]


def test_a_section_of_less_than_half_a_bar_disappears():
    short = BeatGrid(np.arange(17) * 2.0, 0, 30.0)
    before = analysis()
    before = Analysis(
        **{
            **{f: getattr(before, f) for f in ("duration_seconds", "grid", "phrases", "key")},
            **{f: getattr(before, f) for f in ("levels", "bar_level_db", "bar_low_db")},
            "sections": (Section("intro", 0, 1), Section("drop", 1, 16)),
        }
    )
    assert [(s.label, s.start_bar, s.end_bar) for s in regridded(before, short).sections] == [
        ("drop", 0, 4)
    ]


def test_the_nearest_bar_is_one_of_the_track():
    grid = analysis().grid
    assert [nearest_bar(grid, t) for t in (-9.0, 0.9, 1.1, 31.0, 99.0)] == [0, 0, 1, 16, 16]


def test_the_confidence_of_a_phrase_falls_with_its_section_and_within_it():
    sure, unsure = Section("groove", 0, 48), Section("break", 48, 64, confidence=0.2)
    found = [p.confidence for p in phrases_of((sure, unsure))]
    # The logistic function of 0.4 + 3.6 c - 0.9 n, for n up to 4.
    scores = [4.0, 3.1, 2.2, 1.3, 0.4, 0.4, 1.12, 0.22]
    assert found == pytest.approx([1 / (1 + math.exp(-score)) for score in scores])


def test_phrases_keep_their_confidence_where_they_keep_their_place():
    found = phrases_between([16, 0, 8, 8], {0: 0.9, 8: 0.3})
    assert found == (Phrase(0, 8, 0.9), Phrase(8, 8, 0.3))
