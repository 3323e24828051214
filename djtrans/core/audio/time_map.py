"""Piecewise-linear time maps from a timeline to a track, simplified to few pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError

#: Distance in seconds within which a point is on a line: rounding, not a change of rate.
STRAIGHT_SECONDS = 1e-6
#: Largest distance of the pieces from the points of the map, in seconds.
TOLERANCE_SECONDS = 5e-4


@attrs.frozen
class Piece:
    """Part of the timeline with a constant rate of the track.

    Attributes
    ----------
    begin, end : float
        Timeline seconds; the first piece begins at -inf, the last one ends at inf.
    clock, track : float
        A timeline time and the track time that it is mapped to, in seconds.
    rate : float
        Track seconds per timeline second.
    """

    begin: float
    end: float
    clock: float
    track: float
    rate: float


def pieces(points: Sequence[tuple[float, float]]) -> list[Piece]:
    """Simplify a time map to few pieces that follow it within half a millisecond.

    Points on a line are dropped, and as many points of a tempo ramp as the tolerance allows (Ramer,
    Douglas and Peucker [1]_, by track time). The first and the last rate, which extend beyond the
    points, are not changed.

    Parameters
    ----------
    points : sequence of (float, float)
        ``(clock_seconds, track_seconds)``, both increasing; at least two. Clock seconds are those
        of the timeline.

    Returns
    -------
    list of Piece
        In order, without gaps; one if the rate is constant.

    Raises
    ------
    InputError
        If the points are not finite or do not increase.

    References
    ----------
    .. [1] D. H. Douglas and T. K. Peucker, "Algorithms for the reduction of the number of points
       required to represent a digitized line or its caricature", Cartographica 10(2), 1973.
    """
    line = _checked(points)
    line = line[_simplified(line, STRAIGHT_SECONDS)]
    if len(line) > 4:
        inner = line[1:-1]
        line = np.concatenate([line[:1], inner[_simplified(inner, TOLERANCE_SECONDS)], line[-1:]])
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
        raise InputError(
            f"Time map {points!r} does not increase; sort its points by both clock and track time."
        )
    return line


def _simplified(line: NDArray[np.float64], tolerance: float) -> list[int]:
    """Return the indices of points whose polyline is within a tolerance of all points."""
    selected = {0, len(line) - 1}
    ranges = [(0, len(line) - 1)]
    while ranges:
        first, last = ranges.pop()
        clock, track = line[first : last + 1].T
        # Compare positions, not slopes: a short step between rounded points has a noisy slope.
        rate = (track[-1] - track[0]) / (clock[-1] - clock[0])
        error = np.abs(track[0] + (clock - clock[0]) * rate - track)
        worst = int(np.argmax(error))
        if error[worst] > tolerance:
            selected.add(first + worst)
            ranges += [(first, first + worst), (first + worst, last)]
    return sorted(selected)
