"""Order of the tracks of a set: fixed positions, the best order, and its shape."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.sets.ordering import (
    boundary_costs,
    energies,
    neighbours,
    order_tracks,
    position_costs,
    set_cost,
)


def analysis(bpm: float, tonic: int, lufs: float) -> Analysis:
    bars = 16
    return Analysis(
        duration_seconds=bars * 240.0 / bpm,
        grid=BeatGrid(np.arange(4 * bars + 1) * 60.0 / bpm, first_downbeat=0, bpm=bpm),
        sections=(Section("drop", 0, bars),),
        phrases=(Phrase(0, 8), Phrase(8, 8)),
        key=Key(tonic, "minor", 1.0),
        levels=Levels(lufs, lufs),
        bar_level_db=np.full(bars, lufs),
        bar_low_db=np.full(bars, lufs - 6.0),
    )


songs = st.builds(analysis, st.floats(70.0, 180.0), st.integers(0, 11), st.floats(-30.0, -6.0))


def total(order, tracks, arc):
    return set_cost(order, boundary_costs(tracks), position_costs(tracks, arc))


@settings(max_examples=30)
@given(
    st.lists(songs, min_size=1, max_size=11), st.sampled_from(["peak", "rise", "flat"]), st.data()
)
def test_an_order_has_every_track_once_and_keeps_fixed_positions(tracks, arc, data):
    count = len(tracks)
    chosen = data.draw(st.lists(st.integers(0, count - 1), unique=True, max_size=3))
    places = data.draw(st.permutations(range(count)))
    fixed = dict(zip(chosen, places, strict=False))
    order = order_tracks(tracks, arc=arc, fixed=fixed)
    assert sorted(order) == list(range(count))
    assert all(order[position] == track for track, position in fixed.items())


@settings(max_examples=20)
@given(st.lists(songs, min_size=2, max_size=5), st.sampled_from(["peak", "rise", "flat"]))
def test_the_order_of_few_tracks_is_the_best_of_all(tracks, arc):
    found = total(order_tracks(tracks, arc=arc), tracks, arc)
    between, at = boundary_costs(tracks), position_costs(tracks, arc)
    best = min(set_cost(order, between, at) for order in permutations(range(len(tracks))))
    assert found == pytest.approx(best)


@settings(max_examples=10)
@given(st.lists(songs, min_size=9, max_size=11))
def test_no_single_change_makes_the_order_of_many_tracks_better(tracks):
    order = order_tracks(tracks)
    found = total(order, tracks, "peak")
    between, at = boundary_costs(tracks), position_costs(tracks, "peak")
    for other in neighbours(np.array(order)).tolist():
        assert sorted(other) == sorted(order)
        assert set_cost(other, between, at) >= found - 1e-6


def test_tempos_in_reach_of_each_other_are_neighbours():
    tracks = [analysis(bpm, 9, -10.0) for bpm in (100.0, 128.0, 103.0, 126.0, 101.5, 124.0)]
    order = order_tracks(tracks, arc="flat")
    tempos = [tracks[i].grid.bpm for i in order]
    assert sum(abs(a / b - 1.0) > 0.08 for a, b in pairwise(tempos)) == 1


def test_close_keys_are_neighbours_at_one_tempo():
    tracks = [analysis(124.0, tonic, -10.0) for tonic in (9, 3, 4, 10)]  # 8A, 2A, 9A, 3A
    order = order_tracks(tracks, arc="flat")
    steps = [tracks[a].key.distance(tracks[b].key) for a, b in pairwise(order)]
    assert steps.count(1) == 2


def test_the_energy_rises_and_peaks_where_the_arc_does():
    tracks = [analysis(120.0 + i, 9, -20.0 + i) for i in (3, 0, 5, 1, 4, 2, 6)]
    rank = energies(tracks)
    rising = rank[order_tracks(tracks, arc="rise")]
    assert (np.diff(rising) > 0).all()
    peak = rank[order_tracks(tracks, arc="peak")]
    assert int(np.argmax(peak)) == 4
    assert peak[-1] > peak[0]


def test_the_same_track_twice_is_kept_apart():
    tracks = [analysis(124.0, 9, -10.0), analysis(124.0, 9, -10.0), analysis(110.0, 3, -14.0)]
    order = order_tracks(tracks, hashes=["x", "x", "y"])
    assert order[1] == 2


@pytest.mark.parametrize(
    ("fixed", "message"),
    [({5: 0}, "cannot be at position"), ({0: 1, 1: 1}, "both wanted at position 2")],
)
def test_impossible_positions_are_refused(fixed, message):
    with pytest.raises(InputError, match=message):
        order_tracks([analysis(120.0, 9, -10.0)] * 3, fixed=fixed)


def test_an_unknown_arc_is_refused():
    with pytest.raises(InputError, match="choose peak, rise, flat"):
        order_tracks([], arc="fall")
