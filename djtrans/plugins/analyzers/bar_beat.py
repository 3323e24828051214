"""Beat clarity: the fraction of the attacks of each bar that lie on the beat grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.phase import ON_GRID, Pulse

#: Adjacent bars averaged with each bar, so that one bar of silence does not count as a break.
_ADJACENT = 1
#: Rows that are counted at once.
_BLOCK = 1 << 19


def bar_beat(
    attacks: Attacks, pulse: Pulse, bar_zero_seconds: float, bars: int, confidence: float
) -> NDArray[np.float64]:
    """Compute the fraction of attacks on the subdivisions of each bar's beats, above chance.

    Parameters
    ----------
    attacks : Attacks
        Attacks of the track.
    pulse : Pulse
        Beats of the track.
    bar_zero_seconds : float
        Time of the downbeat of bar 0, in the time of the attacks.
    bars : int
        Number of bars of four beats.
    confidence : float
        Confidence of the whole grid, by which the result is multiplied.

    Returns
    -------
    ndarray
        ``[bars]``, 0 to 1.
    """
    sums = np.zeros((2, bars))
    for start in range(0, len(attacks.strength), _BLOCK):
        part = attacks.strength[start : start + _BLOCK]
        seconds = np.arange(start, start + len(part)) / attacks.rate
        beats = (seconds - bar_zero_seconds) / pulse.period
        bar = np.floor(beats / 4.0 + 1e-6).astype(np.int64)
        inside = (bar >= 0) & (bar < bars)
        strength = part.sum(axis=1, dtype=np.float64)[inside]
        parts = pulse.subdivision * beats[inside]
        near = np.abs(parts - np.round(parts)) <= ON_GRID
        for row, weights in zip(sums, (strength, strength * near), strict=True):
            row += np.bincount(bar[inside], weights, bars)
    window = np.ones(2 * _ADJACENT + 1)
    total, on_grid = (np.convolve(row, window, "same") for row in sums)
    share = on_grid / np.maximum(total, 1e-12)
    chance = 2.0 * ON_GRID
    focus = np.maximum(0.0, (share - chance) / (1.0 - chance))
    # The few attacks of a fade or a pause are no evidence, wherever they lie.
    loud = np.minimum(1.0, 20.0 * total / max(float(total.mean()), 1e-12))
    clear: NDArray[np.float64] = confidence * np.minimum(1.0, 4.0 * focus) * loud
    return clear
