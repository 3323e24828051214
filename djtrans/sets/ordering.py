"""Order the tracks of a set by tempo, key and energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.planning.options import STRETCH_LIMIT
from djtrans.planning.tempo import has_beat
from djtrans.planning.tempo_octave import nearest_octave
from djtrans.sets.options import ARCS

#: Cost of a tempo change of the stretch limit, to which smaller ones are proportional; of one that
#: cannot be beat-matched; and of each step on the Camelot wheel beyond the first.
_AT_LIMIT, _UNMATCHED, _KEY_STEP = 0.5, 2.0, 0.25
#: Largest number of steps on the wheel that are counted.
_MOST_STEPS = 4
#: Cost of a track after itself.
_SAME = 10.0
#: Cost of an energy that is off the arc by the whole range; off by a part, the square of it.
_OFF_ARC = 4.0
#: Where the arc "peak" is highest, and how far it falls from there to the end.
_PEAK_AT, _PEAK_FALL = 2.0 / 3.0, 0.5
#: Up to this many tracks without a position, every order is compared.
_COMPARED = 8
#: Longest run of tracks that the search moves as one.
_LONGEST_RUN = 3

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def order_tracks(
    analyses: Sequence[Analysis],
    *,
    arc: str = "peak",
    fixed: Mapping[int, int] | None = None,
    hashes: Sequence[str] | None = None,
) -> list[int]:
    """Order tracks so that neighbours agree in tempo and key, and the energy follows an arc.

    Up to eight tracks without a fixed position, the order is the best of all. Beyond that it is
    improved from several beginnings by moving runs of up to three tracks and by reversing runs,
    until no such change is better.

    Parameters
    ----------
    analyses : sequence of Analysis
    arc : {"peak", "rise", "flat"}
        Energy over the set.
    fixed : mapping of int to int, optional
        Positions of tracks, both counted from 0.
    hashes : sequence of str, optional
        Content of each track: equal ones are kept apart.

    Returns
    -------
    list of int
        Index of the track at each position.

    Raises
    ------
    InputError
        If the arc is unknown, or a fixed position is not in the set or taken twice.

    See Also
    --------
    djtrans.make_set : Orders and mixes tracks.

    Examples
    --------
    >>> import djtrans, djtrans.sets
    >>> specs = [djtrans.TrackSpec(bpm=bpm, structure=(("drop", 8),)) for bpm in (120, 126, 123)]
    >>> songs = [djtrans.synthesize(spec) for spec in specs]
    >>> found = [djtrans.analyze_track(djtrans.Track(s.audio, s.sample_rate)) for s in songs]
    >>> djtrans.sets.order_tracks(found, arc="flat")
    [0, 2, 1]
    """
    if arc not in ARCS:
        raise InputError(f"arc = {arc!r} is not allowed; choose {', '.join(ARCS)}.")
    count, fixed = len(analyses), dict(fixed or {})
    _check_fixed(fixed, count)
    between = boundary_costs(analyses, hashes)
    at = position_costs(analyses, arc)
    order = np.full(count, -1, dtype=np.int64)
    for track, position in fixed.items():
        order[position] = track
    free = np.array([i for i in range(count) if i not in fixed], dtype=np.int64)
    open_ = np.flatnonzero(order < 0)
    if len(free):
        order[open_] = _best_order(order, free, open_, between, at)
    return [int(track) for track in order]


def set_cost(order: Sequence[int], between: FloatArray, at: FloatArray) -> float:
    """Return the cost of an order: of its boundaries and of its positions."""
    return float(_costs(np.array([order]), between, at)[0])


def boundary_costs(analyses: Sequence[Analysis], hashes: Sequence[str] | None = None) -> FloatArray:
    """Compute the cost of each boundary, ``[tracks, tracks]`` from row to column."""
    count = len(analyses)
    costs = np.zeros((count, count))
    for i, a in enumerate(analyses):
        for j, b in enumerate(analyses):
            if i != j:
                same = hashes is not None and hashes[i] == hashes[j]
                costs[i, j] = _SAME if same else _boundary_cost(a, b)
    return costs


def position_costs(analyses: Sequence[Analysis], arc: str) -> FloatArray:
    """Compute the cost of each track at each position, ``[tracks, positions]``."""
    count = len(analyses)
    if arc == "flat" or count < 2:
        return np.zeros((count, count))
    x = np.arange(count) / (count - 1)
    wanted = x
    if arc == "peak":
        fall = 1.0 - _PEAK_FALL * (x - _PEAK_AT) / (1.0 - _PEAK_AT)
        wanted = np.where(x <= _PEAK_AT, x / _PEAK_AT, fall)
    off: FloatArray = energies(analyses)[:, None] - wanted[None, :]
    return _OFF_ARC * off**2


def energies(analyses: Sequence[Analysis]) -> FloatArray:
    """Rank tracks by energy, 0 to 1: the mean rank by loudness, tempo and share of the bass."""
    values = [
        [a.levels.integrated_lufs for a in analyses],
        [a.grid.bpm for a in analyses],
        [float(np.median(a.bar_low_db - a.bar_level_db)) for a in analyses],
    ]
    return np.mean([_ranks(np.array(each)) for each in values], axis=0)


def _ranks(values: FloatArray) -> FloatArray:
    """Return ranks, 0 to 1; equal values have the mean of their ranks."""
    below = (values[None, :] < values[:, None]).sum(axis=1)
    equal = (values[None, :] == values[:, None]).sum(axis=1)
    return (below + (equal - 1) / 2) / max(1, len(values) - 1)


def _boundary_cost(a: Analysis, b: Analysis) -> float:
    steps = min(max(a.key.distance(b.key) - 1, 0), _MOST_STEPS)
    apart = abs(a.grid.bpm / nearest_octave(b.grid.bpm, a.grid.bpm) - 1.0)
    matched = has_beat(a) and has_beat(b) and apart <= STRETCH_LIMIT
    tempo = _AT_LIMIT * apart / STRETCH_LIMIT if matched else _UNMATCHED
    return tempo + _KEY_STEP * steps


def _check_fixed(fixed: Mapping[int, int], count: int) -> None:
    taken: dict[int, int] = {}
    for track, position in fixed.items():
        if not (0 <= track < count and 0 <= position < count):
            raise InputError(
                f"Track {track + 1} cannot be at position {position + 1} of {count} tracks; give "
                f"positions from 1 to {count}."
            )
        if position in taken:
            raise InputError(
                f"Tracks {taken[position] + 1} and {track + 1} are both wanted at position "
                f"{position + 1}; give each its own."
            )
        taken[position] = track


def _costs(orders: IntArray, between: FloatArray, at: FloatArray) -> FloatArray:
    """Compute the costs of orders, ``[orders, positions]``."""
    positions = np.arange(orders.shape[1])
    total: FloatArray = at[orders, positions].sum(axis=1)
    return total + between[orders[:, :-1], orders[:, 1:]].sum(axis=1)


def _best_order(
    order: IntArray, free: IntArray, open_: IntArray, between: FloatArray, at: FloatArray
) -> IntArray:
    """Return the tracks without a fixed position in the order of the open positions."""

    def costs(rows: IntArray) -> FloatArray:
        whole = np.repeat(order[None, :], len(rows), axis=0)
        whole[:, open_] = rows
        return _costs(whole, between, at)

    if len(free) <= _COMPARED:
        rows = np.array(list(permutations(free)))
        return rows[int(np.argmin(costs(rows)))]
    found = [_improved(row, costs) for row in _beginnings(free, between)]
    return min(found, key=lambda row: float(costs(row[None])[0]))


def _beginnings(free: IntArray, between: FloatArray) -> list[IntArray]:
    """Return orders to improve: from each track on to the cheapest neighbour."""
    rows = []
    for start in range(len(free)):
        left = list(range(len(free)))
        row = [left.pop(start)]
        while left:
            nearest = min(left, key=lambda i: between[free[row[-1]], free[i]])
            left.remove(nearest)
            row.append(nearest)
        rows.append(free[row])
    return rows


def _improved(row: IntArray, costs: Callable[[IntArray], FloatArray]) -> IntArray:
    """Make the best change again and again until none is better."""
    best = float(costs(row[None])[0])
    while True:
        rows = neighbours(row)
        found = costs(rows)
        at = int(np.argmin(found))
        if not found[at] < best - 1e-9:
            return row
        row, best = rows[at], float(found[at])


def neighbours(row: IntArray) -> IntArray:
    """Return the orders that differ by one change, see :func:`order_tracks`."""
    return row[_changes(len(row))]


@cache
def _changes(count: int) -> IntArray:
    """Return the orders of the positions after each change, ``[changes, count]``."""
    places, rows = list(range(count)), []
    for length in range(1, _LONGEST_RUN + 1):
        for start in range(count - length + 1):
            run, rest = places[start : start + length], places[:start] + places[start + length :]
            rows += [rest[:to] + run + rest[to:] for to in range(len(rest) + 1) if to != start]
    for start in range(count):
        for stop in range(start + 2, count + 1):
            rows.append(places[:start] + places[start:stop][::-1] + places[stop:])
    return np.array(sorted(set(map(tuple, rows))))
