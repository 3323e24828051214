"""The way a track is laid on the clock, as the fewest stretches of one rate each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError

#: Points this close to a line (seconds) lie on it: rounding, no change of rate.
STRAIGHT_SECONDS = 1e-6
#: How far the stretches may stray from the points of the map between them.
TOLERANCE_SECONDS = 5e-4


@attrs.frozen
class Piece:
    """A part of the clock over which a track keeps one rate.

    Attributes
    ----------
    begin, end : float
        Clock seconds; the first piece begins at -inf, the last one ends at inf.
    clock, track : float
        A clock time, and the track time that sounds then.
    rate : float
        Track seconds per clock second.
    """

    begin: float
    end: float
    clock: float
    track: float
    rate: float


def pieces(points: Sequence[tuple[float, float]]) -> list[Piece]:
    """The fewest pieces that follow a map within half a millisecond.

    Points that lie on a line are dropped, and of a ramp that has a point on every beat as many as
    the tolerance allows (Ramer, Douglas and Peucker [1]_, by track time). The first and the last
    rate, which go on beyond the points, are kept as they are.

    Parameters
    ----------
    points : sequence of (float, float)
        ``(clock_seconds, track_seconds)``, both increasing; at least two.

    Returns
    -------
    list of Piece
        In order, without gaps; one if the rate is constant.

    Raises
    ------
    InputError
        If the points are not finite or don't increase.

    References
    ----------
    .. [1] D. H. Douglas and T. K. Peucker, "Algorithms for the reduction of the number of points
       required to represent a digitized line or its caricature", Cartographica 10(2), 1973.
    """
    line = _checked(points)
    line = line[_kept(line, STRAIGHT_SECONDS)]
    if len(line) > 4:
        inner = line[1:-1]
        line = np.concatenate([line[:1], inner[_kept(inner, TOLERANCE_SECONDS)], line[-1:]])
    corners = [-math.inf, *(float(clock) for clock in line[1:-1, 0]), math.inf]
    rates = np.diff(line[:, 1]) / np.diff(line[:, 0])
    return [
        Piece(begin, end, float(clock), float(track), float(rate))
        for (begin, end), (clock, track), rate in zip(
            pairwise(corners), line[:-1], rates, strict=True
        )
    ]


def _checked(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    try:
        line = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        line = np.empty(0)
    if line.ndim != 2 or line.shape[0] < 2 or line.shape[1] != 2 or not np.isfinite(line).all():
        raise InputError(
            f"Time map {points!r} is not allowed; give at least two finite points "
            f"(clock_seconds, track_seconds)."
        )
    if not (np.diff(line, axis=0) > 0).all():
        raise InputError(f"Time map {points!r} must increase in clock and in track time.")
    return line


def _kept(line: NDArray[np.float64], tolerance: float) -> list[int]:
    """Indices of the points that are needed to stay within a tolerance of all."""
    kept = {0, len(line) - 1}
    ranges = [(0, len(line) - 1)]
    while ranges:
        first, last = ranges.pop()
        clock, track = line[first : last + 1].T
        # As positions, not slopes: a short step between rounded points has a noisy slope.
        rate = (track[-1] - track[0]) / (clock[-1] - clock[0])
        off = np.abs(track[0] + (clock - clock[0]) * rate - track)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            kept.add(first + worst)
            ranges += [(first, first + worst), (first + worst, last)]
    return sorted(kept)
