"""Beat grid arithmetic, for any grid."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key


@st.composite
def grids(draw: st.DrawFn) -> BeatGrid:
    """Grids of any drift, 3 to 5 beats to a bar."""
    steps = draw(st.lists(st.floats(0.2, 1.5), min_size=24, max_size=60))
    beats_per_bar = draw(st.integers(3, 5))
    return BeatGrid(
        beat_times=draw(st.floats(-0.03, 20.0)) + np.concatenate([[0.0], np.cumsum(steps)]),
        first_downbeat=draw(st.integers(0, beats_per_bar - 1)),
        bpm=60.0 / float(np.median(steps)),
        beats_per_bar=beats_per_bar,
        constant=False,
    )


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    """An analysis of two sections, of one phrase each."""
    grid = draw(grids())
    bars = grid.bars
    border = draw(st.integers(1, bars - 1))
    levels = np.array(draw(st.lists(st.floats(-60.0, 0.0), min_size=bars, max_size=bars)))
    return Analysis(
        duration_seconds=float(grid.beat_times[-1]),
        grid=grid,
        sections=(Section("intro", 0, border), Section("drop", border, bars)),
        phrases=(Phrase(0, border), Phrase(border, bars - border)),
        key=Key(9, "minor"),
        levels=Levels(-10.0, -8.0),
        bar_level_db=levels,
        bar_low_db=levels - 6.0,
    )


@given(grid=grids(), beat=st.floats(-20.0, 90.0))
def test_beat_of_is_the_inverse_of_time_of(grid: BeatGrid, beat: float) -> None:
    assert float(grid.beat_of(grid.time_of(beat))) == pytest.approx(beat, abs=1e-9)


@given(grid=grids(), beats=st.lists(st.floats(-20.0, 90.0), min_size=2, max_size=20, unique=True))
def test_time_goes_on_with_the_beats(grid: BeatGrid, beats: list[float]) -> None:
    ordered = np.sort(beats)
    assert np.all(np.diff(grid.time_of(ordered))[np.diff(ordered) > 1e-9] > 0)


@given(grid=grids())
def test_beats_lie_at_their_times_and_the_ends_keep_their_tempo(grid: BeatGrid) -> None:
    last = len(grid.beat_times) - 1
    np.testing.assert_allclose(grid.time_of(np.arange(last + 1)), grid.beat_times)
    step = grid.beat_times[-1] - grid.beat_times[-2]
    assert float(grid.time_of(last + 3)) == pytest.approx(grid.beat_times[-1] + 3 * step)
    step = grid.beat_times[1] - grid.beat_times[0]
    assert float(grid.time_of(-2)) == pytest.approx(grid.beat_times[0] - 2 * step)


@given(grid=grids(), data=st.data())
def test_a_shift_moves_the_one_and_no_beat(grid: BeatGrid, data: st.DataObject) -> None:
    beats = data.draw(st.integers(0, grid.beats_per_bar - 1))
    moved = grid.shifted(beats)
    np.testing.assert_array_equal(moved.beat_times, grid.beat_times)
    assert (moved.first_downbeat - grid.first_downbeat - beats) % grid.beats_per_bar == 0
    back = moved.shifted((grid.beats_per_bar - beats) % grid.beats_per_bar)
    assert back.first_downbeat == grid.first_downbeat


@pytest.mark.parametrize("beats", [-1, 4])
def test_a_shift_of_a_bar_or_more_is_refused(beats: int) -> None:
    grid = BeatGrid(np.arange(20) * 0.5, 0, 120.0)
    with pytest.raises(InputError, match="give 0 to 3"):
        grid.shifted(beats)


@given(analysis=analyses(), data=st.data())
def test_a_shifted_analysis_fits_together(analysis: Analysis, data: st.DataObject) -> None:
    beats = data.draw(st.integers(0, analysis.grid.beats_per_bar - 1))
    moved = analysis.shifted(beats)
    bars = moved.grid.bars
    assert len(moved.bar_level_db) == len(moved.bar_low_db) == bars
    for parts in (
        [(s.start_bar, s.end_bar) for s in moved.sections],
        [(p.start_bar, p.start_bar + p.bars) for p in moved.phrases],
    ):
        assert parts[0][0] == 0
        assert parts[-1][1] == bars
        assert all(a[1] == b[0] for a, b in pairwise(parts))
        assert all(start < end for start, end in parts)
    # The border lies `beats` later than before, where it still lies in the track.
    if len(moved.sections) == 2:
        before = analysis.grid.beat_of_bar(analysis.sections[1].start_bar)
        assert moved.grid.beat_of_bar(moved.sections[1].start_bar) == before + beats
        assert moved.sections[1].start_bar in moved.phrase_bars


def test_a_shifted_bar_has_the_level_of_the_bars_it_reaches_into() -> None:
    grid = BeatGrid(np.arange(17) * 0.5, 3, 120.0)
    analysis = Analysis(
        duration_seconds=8.0,
        grid=grid,
        sections=(Section("drop", 0, 3),),
        phrases=(Phrase(0, 3),),
        key=Key(0, "major"),
        levels=Levels(-10.0, -8.0),
        bar_level_db=np.array([-10.0, -20.0, -30.0]),
        bar_low_db=np.full(3, -40.0),
    )
    assert analysis.shifted(0).bar_level_db == pytest.approx([-10.0, -20.0, -30.0])
    # Bars from beat 1: one that begins before the old bar 0, then half of each neighbour.
    power = [0.1, (0.1 + 0.01) / 2, (0.01 + 0.001) / 2]
    moved = analysis.shifted(2)
    assert moved.grid.first_downbeat == 1
    assert moved.bar_level_db == pytest.approx(10 * np.log10(power))
    assert moved.bar_low_db == pytest.approx(-40.0)


@given(grid=grids())
def test_doubling_halves_every_beat(grid: BeatGrid) -> None:
    doubled = grid.doubled()
    np.testing.assert_allclose(doubled.beat_times[::2], grid.beat_times)
    assert doubled.bpm == 2 * grid.bpm
    one = doubled.beat_times[doubled.first_downbeat :: grid.beats_per_bar]
    assert np.isclose(one, grid.beat_times[grid.first_downbeat]).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beat_times": [1.0]}, "two beats"),
        ({"beat_times": [0.0, 1.0, 1.0]}, "increase"),
        ({"first_downbeat": 4}, "first bar"),
    ],
)
def test_what_is_no_grid_is_refused(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        attrs.evolve(BeatGrid(np.arange(9) * 0.5, 0, 120.0), **change)
