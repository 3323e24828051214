"""Simplification of time maps."""

import math
from itertools import pairwise

import numpy as np
import pytest

from djtrans.core.audio.time_map import STRAIGHT_SECONDS, TOLERANCE_SECONDS, pieces
from djtrans.core.errors import InputError


def ramp(beats, first, last, beat=0.5):
    """A map with a point on every beat of a linear ramp, and constant rates on either side."""
    rates = np.linspace(first, last, beats)
    clock = np.concatenate([[0.0], np.cumsum(beat / rates)])
    track = np.arange(beats + 1) * beat
    points = [(-4.0, -4.0 * first), *zip(clock, track, strict=True)]
    return [*points, (clock[-1] + 4.0, track[-1] + 4.0 * last)]


def track_at(course, clock):
    """Track time by the pieces."""
    piece = next(p for p in course if p.begin <= clock < p.end)
    return piece.track + (clock - piece.clock) * piece.rate


def test_a_line_is_one_piece_with_the_rate_from_end_to_end():
    points = [(0.0, 1.0), (1.0, 2.0300001), (2.0, 3.06)]
    (piece,) = pieces(points)
    assert (piece.begin, piece.end) == (-math.inf, math.inf)
    assert (piece.clock, piece.track, piece.rate) == (0.0, 1.0, pytest.approx(1.03, abs=1e-12))
    # A rate noisy from rounding over a short step is no change of rate.
    assert len(pieces([(0.0, 0.0), (1e-3, 1e-3 + STRAIGHT_SECONDS / 2), (9.0, 9.0)])) == 1


@pytest.mark.parametrize(("first", "last"), [(1.0, 1.06), (1.08, 0.95)])
def test_a_ramp_is_followed_within_the_tolerance_by_fewer_pieces(first, last):
    points = ramp(64, first, last)
    course = pieces(points)
    assert 5 < len(course) < 64
    for clock, track in points:
        assert abs(track_at(course, clock) - track) <= TOLERANCE_SECONDS
    assert all(a.end == b.begin for a, b in pairwise(course))


def test_the_rates_beyond_the_ends_are_exact():
    course = pieces(ramp(64, 1.0, 1.06))
    assert course[0].rate == pytest.approx(1.0, abs=1e-12)
    assert course[-1].rate == pytest.approx(1.06, abs=1e-12)


def test_rates_that_hardly_differ_are_one_piece():
    # 1e-4 from bar to bar, there and back.
    rates = [1.02, 1.03, 1.0301, 1.03, 1.0301, 1.03, 1.02]
    clock = np.concatenate([[0.0], np.cumsum(np.full(7, 2.0))])
    track = np.concatenate([[0.0], np.cumsum(2.0 * np.array(rates))])
    assert len(pieces(list(zip(clock, track, strict=True)))) == 3


@pytest.mark.parametrize(
    "points",
    [
        ((0, 0),),
        ((0, 0), (0, 1)),
        ((0, 1), (1, 0)),
        ((0, 0), (1, float("inf"))),
        "ab",
        ((0, 0), (1,)),
    ],
)
def test_what_is_no_map_is_refused(points):
    with pytest.raises(InputError, match="Time map"):
        pieces(points)
