"""Beat clarity: the fraction of the attacks of each bar that lie on the beat grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.phase import ON_GRID, Pulse

#: Adjacent bars averaged with each bar, so that one bar of silence does not count as a break.
_ADJACENT = 1


def bar_beat(
    attacks: Attacks, pulse: Pulse, bar_zero_seconds: float, bars: int, confidence: float
) -> NDArray[np.float64]:
    """Compute the fraction of attacks on the sixteenths of each bar, above chance.

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
    beats = (np.arange(len(attacks.strength)) / attacks.rate - bar_zero_seconds) / pulse.period
    bar = np.floor(beats / 4.0 + 1e-6).astype(np.int64)
    inside = (bar >= 0) & (bar < bars)
    strength = attacks.strength.sum(axis=1)[inside]
    sixteenths = 4.0 * beats[inside]
    near = np.abs(sixteenths - np.round(sixteenths)) <= ON_GRID
    window = np.ones(2 * _ADJACENT + 1)

    def bar_sums(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.convolve(np.bincount(bar[inside], weights, bars), window, "same")

    total = bar_sums(strength)
    share = bar_sums(strength * near) / np.maximum(total, 1e-12)
    chance = 2.0 * ON_GRID
    focus = np.maximum(0.0, (share - chance) / (1.0 - chance))
    # The few attacks of a fade or a pause are no evidence, wherever they lie.
    loud = np.minimum(1.0, 20.0 * total / max(float(total.mean()), 1e-12))
    clear: NDArray[np.float64] = confidence * np.minimum(1.0, 4.0 * focus) * loud
    return clear
