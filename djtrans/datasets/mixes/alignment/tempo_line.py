"""The straight line through where a track plays: its offset and its tempo."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.datasets.mixes.alignment.coarse_search import TEMPO_RANGE, Places

#: How far a place may lie from the line: a frame and the drift of a tempo half a step off.
_NEAR_SECONDS = 0.06
#: How far the tempo of a place may lie from the line's.
_RATE_NEAR = 0.008
#: Places that a line is drawn through are this far apart in the track.
_PAIR_SECONDS = (8.0, 120.0)
#: Likeness of what is not alike: two tracks of one tempo share their beats.
_CHANCE = 0.25
_CHUNK = 512
#: How many lines are kept, and how far apart they are where the mix is likest to the track.
_LINES = 8
_APART_SECONDS = 0.15


@attrs.frozen
class Line:
    """``track_seconds = at_zero + rate * mix_seconds``.

    Attributes
    ----------
    at_zero : float
        Track time at the start of the mix, in seconds; negative where the track comes later.
    rate : float
        Track seconds per mix second: 1.02 is played 2 % faster.
    """

    at_zero: float
    rate: float

    def track(self, mix_seconds: float) -> float:
        """Track time that sounds at a time of the mix."""
        return self.at_zero + self.rate * mix_seconds

    def mix(self, track_seconds: float) -> float:
        """Mix time at which a time of the track sounds."""
        return (track_seconds - self.at_zero) / self.rate

    def later(self, seconds: float) -> Line:
        """The same line on a mix that starts this much later."""
        return Line(self.track(seconds), self.rate)


def best_lines(places: Places) -> list[Line]:
    """The few lines on which the most segments lie, and lie best; the best first.

    Every two places that agree on a tempo draw a line (RANSAC [1]_, with all pairs instead of
    random ones); each segment gives it the likeness of its best place near it.

    Parameters
    ----------
    places : Places

    Returns
    -------
    list of Line
        Right to about 10 ms and 0.1 %, if they are; several where the track repeats itself. Empty
        where no two places agree.

    References
    ----------
    .. [1] M. A. Fischler and R. C. Bolles, "Random sample consensus", Communications of the ACM
       24(6), 1981.
    """
    # Squared: two segments that are surely the track outweigh ten that share its beat.
    worth = np.maximum(places.likeness - _CHANCE, 0.0) ** 2
    first, second = np.nonzero(np.subtract.outer(places.track, places.track) < -_PAIR_SECONDS[0])
    apart = places.track[second] - places.track[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = apart / (places.mix[second] - places.mix[first])
    agree = (
        (apart <= _PAIR_SECONDS[1])
        & (np.abs(rates - 1.0) <= TEMPO_RANGE + _RATE_NEAR)
        & (np.abs(rates - places.rate[first]) <= _RATE_NEAR)
        & (np.abs(rates - places.rate[second]) <= _RATE_NEAR)
        & (np.minimum(worth[first], worth[second]) > 0)
    )
    rates, first = rates[agree], first[agree]
    if len(rates) == 0:
        return []
    zeros = places.track[first] - rates * places.mix[first]
    segments = np.unique(places.track, return_index=True)[1]
    scores = np.concatenate(
        [
            _score(places, worth, segments, zeros[at : at + _CHUNK], rates[at : at + _CHUNK])
            for at in range(0, len(rates), _CHUNK)
        ]
    )
    middle = float(places.mix[np.argmax(worth)])
    at_middle = zeros + rates * middle
    lines: list[Line] = []
    while len(lines) < _LINES and scores.max() > 0:
        best = int(np.argmax(scores))
        lines.append(_through(places, worth, Line(float(zeros[best]), float(rates[best]))))
        scores[np.abs(at_middle - at_middle[best]) < _APART_SECONDS] = 0.0
    return lines


def _score(
    places: Places, worth: np.ndarray, segments: np.ndarray, zeros: np.ndarray, rates: np.ndarray
) -> np.ndarray:
    off = (places.track - zeros[:, None]) / rates[:, None] - places.mix
    near = 1.0 - np.abs(off) / _NEAR_SECONDS
    near[np.abs(places.rate - rates[:, None]) > _RATE_NEAR] = 0.0
    return np.maximum.reduceat(np.maximum(near, 0.0) * worth, segments, axis=1).sum(axis=1)


def _through(places: Places, worth: np.ndarray, line: Line) -> Line:
    """Least squares through the places near a line."""
    off = (places.track - line.at_zero) / line.rate - places.mix
    near = (np.abs(off) <= _NEAR_SECONDS) & (np.abs(places.rate - line.rate) <= _RATE_NEAR)
    return weighted_line(places.mix[near], places.track[near], worth[near])


def weighted_line(mix: np.ndarray, track: np.ndarray, weight: np.ndarray) -> Line:
    """Least squares of track time on mix time; at least two different mix times."""
    weight = weight / weight.sum()
    middle_mix, middle_track = float(weight @ mix), float(weight @ track)
    spread = float(weight @ (mix - middle_mix) ** 2)
    rate = float(weight @ ((mix - middle_mix) * (track - middle_track))) / spread
    return Line(middle_track - rate * middle_mix, rate)
