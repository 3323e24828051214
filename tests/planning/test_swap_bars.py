"""Bars of A on which the swap may lie, with limits of its times."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.planning.options import PlanOptions
from djtrans.planning.swap_bars import find_swap_bars
from djtrans.planning.window import Window

#: Eight bars with the swap in the middle; a bar of the track lasts two seconds.
WINDOW = Window(8, 4, True, True, 4)


@pytest.fixture
def track() -> Analysis:
    bars = 64
    return Analysis(
        duration_seconds=2.0 * bars,
        grid=BeatGrid(np.arange(4 * bars + 1) / 2, first_downbeat=0, bpm=120.0),
        sections=(Section("drop", 0, bars),),
        phrases=tuple(Phrase(start, 8) for start in range(0, bars, 8)),
        key=Key(9, "minor", 1.0),
        levels=Levels(-10.0, -9.0),
        bar_level_db=np.full(bars, -10.0),
        bar_low_db=np.full(bars, -16.0),
    )


def bars_of(track: Analysis, name: str = "a", **limits: float) -> list[int]:
    options = attrs.evolve(PlanOptions(), **limits)
    return sorted(find_swap_bars(track, name, ("phrase",), WINDOW, options))


def test_without_limits_every_phrase_boundary_with_room_is_possible(track):
    assert bars_of(track) == [8, 16, 24, 32, 40, 48, 56]


def test_the_window_starts_no_earlier_than_asked(track):
    # The window starts four bars, eight seconds, before the swap.
    assert bars_of(track, earliest_a_seconds=40.0) == [24, 32, 40, 48, 56]
    assert bars_of(track, earliest_a_seconds=40.1) == [32, 40, 48, 56]


def test_the_swap_lies_between_its_limits(track):
    limits = {"earliest_swap_a_seconds": 32.0, "latest_swap_a_seconds": 80.0}
    assert bars_of(track, **limits) == [16, 24, 32, 40]
    assert bars_of(track, "b", **limits) == bars_of(track, "b")


def test_a_requested_swap_keeps_the_limits_too(track):
    assert bars_of(track, swap_a_seconds=64.0, latest_swap_a_seconds=64.0) == [32]
    with pytest.raises(PlanError, match="within the time limits"):
        bars_of(track, swap_a_seconds=64.0, latest_swap_a_seconds=60.0)


def test_no_bar_within_the_limits_is_an_error(track):
    with pytest.raises(PlanError, match="no place in A lies within the time limits"):
        bars_of(track, earliest_swap_a_seconds=50.0, latest_swap_a_seconds=60.0)
