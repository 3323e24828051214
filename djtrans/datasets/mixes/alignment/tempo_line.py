"""Tempo lines: offset and constant tempo of a track in a mix, estimated by RANSAC."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.datasets.mixes.alignment.coarse_search import TEMPO_RANGE, SegmentMatches

#: Largest distance of inliers from the line: a frame, and the drift of half a tempo step.
_NEAR_SECONDS = 0.06
#: Largest difference between the tempo of an inlier and the line's.
_RATE_NEAR = 0.008
#: Distance in the track of the two matches that define a line.
_PAIR_SECONDS = (8.0, 120.0)
#: Correlation of unrelated tracks of the same tempo, which share their beats.
_CHANCE = 0.25
_CHUNK = 512
#: Number of lines that are returned, and their least distance at the best match.
_LINES = 8
_APART_SECONDS = 0.15


@attrs.frozen
class TempoLine:
    """``track_seconds = at_zero + rate * mix_seconds``.

    Attributes
    ----------
    at_zero : float
        Track time at the start of the mix, in seconds; negative if the track starts later.
    rate : float
        Track seconds per mix second: 1.02 is 2 % faster.
    """

    at_zero: float
    rate: float

    def track(self, mix_seconds: float) -> float:
        """Convert mix time to track time."""
        return self.at_zero + self.rate * mix_seconds

    def mix(self, track_seconds: float) -> float:
        """Convert track time to mix time."""
        return (track_seconds - self.at_zero) / self.rate

    def later(self, seconds: float) -> TempoLine:
        """Return the same line for a mix that starts this much later."""
        return TempoLine(self.track(seconds), self.rate)


def best_lines(matches: SegmentMatches) -> list[TempoLine]:
    """Estimate the tempo lines that most segments support, the best first.

    Every two matches that agree on a tempo define a line (RANSAC [1]_, with all pairs instead of
    random ones), whose score is the sum of each segment's best match near it.

    Parameters
    ----------
    matches : SegmentMatches

    Returns
    -------
    list of TempoLine
        Accurate to about 10 ms and 0.1 % if correct; several if the track repeats itself. Empty if
        no two matches agree.

    References
    ----------
    .. [1] M. A. Fischler and R. C. Bolles, "Random sample consensus", Communications of the ACM
       24(6), 1981.
    """
    # Squared: two certain matches outweigh ten that only share the beat.
    worth = np.maximum(matches.similarity - _CHANCE, 0.0) ** 2
    first, second = np.nonzero(np.subtract.outer(matches.track, matches.track) < -_PAIR_SECONDS[0])
    apart = matches.track[second] - matches.track[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = apart / (matches.mix[second] - matches.mix[first])
    agree = (
        (apart <= _PAIR_SECONDS[1])
        & (np.abs(rates - 1.0) <= TEMPO_RANGE + _RATE_NEAR)
        & (np.abs(rates - matches.rate[first]) <= _RATE_NEAR)
        & (np.abs(rates - matches.rate[second]) <= _RATE_NEAR)
        & (np.minimum(worth[first], worth[second]) > 0)
    )
    rates, first = rates[agree], first[agree]
    if len(rates) == 0:
        return []
    zeros = matches.track[first] - rates * matches.mix[first]
    segments = np.unique(matches.track, return_index=True)[1]
    scores = np.concatenate(
        [
            _score(matches, worth, segments, zeros[at : at + _CHUNK], rates[at : at + _CHUNK])
            for at in range(0, len(rates), _CHUNK)
        ]
    )
    middle = float(matches.mix[np.argmax(worth)])
    at_middle = zeros + rates * middle
    lines: list[TempoLine] = []
    while len(lines) < _LINES and scores.max() > 0:
        best = int(np.argmax(scores))
        lines.append(_through(matches, worth, TempoLine(float(zeros[best]), float(rates[best]))))
        scores[np.abs(at_middle - at_middle[best]) < _APART_SECONDS] = 0.0
    return lines


def _score(
    matches: SegmentMatches,
    worth: np.ndarray,
    segments: np.ndarray,
    zeros: np.ndarray,
    rates: np.ndarray,
) -> np.ndarray:
    off = (matches.track - zeros[:, None]) / rates[:, None] - matches.mix
    near = 1.0 - np.abs(off) / _NEAR_SECONDS
    near[np.abs(matches.rate - rates[:, None]) > _RATE_NEAR] = 0.0
    return np.maximum.reduceat(np.maximum(near, 0.0) * worth, segments, axis=1).sum(axis=1)


def _through(matches: SegmentMatches, worth: np.ndarray, line: TempoLine) -> TempoLine:
    """Fit a line to the matches near it by least squares."""
    off = (matches.track - line.at_zero) / line.rate - matches.mix
    near = (np.abs(off) <= _NEAR_SECONDS) & (np.abs(matches.rate - line.rate) <= _RATE_NEAR)
    return weighted_line(matches.mix[near], matches.track[near], worth[near])


def weighted_line(mix: np.ndarray, track: np.ndarray, weight: np.ndarray) -> TempoLine:
    """Fit track time to mix time by weighted least squares; needs two different mix times."""
    weight = weight / weight.sum()
    middle_mix, middle_track = float(weight @ mix), float(weight @ track)
    spread = float(weight @ (mix - middle_mix) ** 2)
    rate = float(weight @ ((mix - middle_mix) * (track - middle_track))) / spread
    return TempoLine(middle_track - rate * middle_mix, rate)
