"""Refine a tempo line to a millisecond by local offsets of onsets."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.datasets.mixes.alignment.band_flux import FRAME_RATE
from djtrans.datasets.mixes.alignment.offsets import Offsets, Onsets, local_offsets
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine, weighted_line

#: Largest distance from the line that is searched, in the first pass and in the second.
_REACH_SECONDS = (0.12, 0.04)
#: Largest distance of inliers from the line.
_NEAR_SECONDS = 0.006
#: Least distance of the two windows that define a line.
_PAIR_SECONDS = 4.0
_LEAST_WINDOWS = 4
_ROUNDS = 5
#: Largest change of the coarse line's tempo.
_RATE_NEAR = 0.004


@attrs.frozen
class Refined:
    """A line through local offsets.

    Attributes
    ----------
    line : TempoLine
    windows : int
        Number of inliers.
    share : float
        Fraction of inliers, weighted by their correlation.
    spread_seconds : float
        Root mean square of their distances.
    """

    line: TempoLine
    windows: int
    share: float
    spread_seconds: float


def refine(mix: Onsets, track: Onsets, line: TempoLine, clear: np.ndarray) -> Refined | None:
    """Fit a line to the local offsets near a coarse line.

    Parameters
    ----------
    mix, track : Onsets
    line : TempoLine
        Accurate to about 0.1 s everywhere.
    clear : ndarray
        ``[frames]`` at the flux's rate: mask of where the track is clearest. Elsewhere the beats of
        the other track would be mistaken for its own.

    Returns
    -------
    Refined or None
        None if fewer than four windows agree.
    """
    refined = None
    for reach in _REACH_SECONDS:
        refined = _fit(_where(local_offsets(mix, track, line, reach), clear), line.rate)
        if refined is None:
            return None
        line = refined.line
    return refined


def _where(found: Offsets, clear: np.ndarray) -> Offsets:
    frames = np.clip(np.round(found.mix * FRAME_RATE).astype(int), 0, len(clear) - 1)
    kept = clear[frames]
    return Offsets(found.mix[kept], found.track[kept], found.similarity[kept])


def _fit(found: Offsets, rate: float) -> Refined | None:
    """Find the line with most inliers (RANSAC over all pairs), then fit it by least squares."""
    weight = found.similarity**2
    first, second = np.nonzero(np.subtract.outer(found.mix, found.mix) < -_PAIR_SECONDS)
    rates = (found.track[second] - found.track[first]) / (found.mix[second] - found.mix[first])
    agree = np.abs(rates - rate) <= _RATE_NEAR
    rates, first = rates[agree], first[agree]
    if len(rates) == 0:
        return None
    best, line = -1.0, TempoLine(0.0, rate)
    for at, slope in zip(first, rates, strict=True):
        tried = TempoLine(float(found.track[at] - slope * found.mix[at]), float(slope))
        score = float(weight @ (_off(found, tried) <= _NEAR_SECONDS))
        if score > best:
            best, line = score, tried
    near = _off(found, line) <= _NEAR_SECONDS
    for _ in range(_ROUNDS):
        if near.sum() < _LEAST_WINDOWS:
            return None
        line = weighted_line(found.mix[near], found.track[near], weight[near])
        near = _off(found, line) <= _NEAR_SECONDS
    if near.sum() < _LEAST_WINDOWS:
        return None
    spread = float(np.sqrt(np.mean(_off(found, line)[near] ** 2)))
    share = float(weight[near].sum() / weight.sum())
    return Refined(line, int(near.sum()), share, spread)


def _off(found: Offsets, line: TempoLine) -> np.ndarray:
    return np.abs((found.track - line.at_zero) / line.rate - found.mix)
