"""How clearly the beat is heard in each bar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.phase import ON_GRID, Pulse

#: Bars on either side that are heard with a bar, so that one bar of silence is no break.
_AROUND = 1


def bar_beat(
    attacks: Attacks, pulse: Pulse, bar_zero_seconds: float, bars: int, confidence: float
) -> NDArray[np.float64]:
    """Share of the attacks of each bar that lie on its sixteenths, beyond chance, times confidence.

    Parameters
    ----------
    attacks : Attacks
    pulse : Pulse
    bar_zero_seconds : float
        Time of the one of bar 0, in the time of the attacks.
    bars : int
        Bars of four beats.
    confidence : float
        Of the grid as a whole.

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
    window = np.ones(2 * _AROUND + 1)

    def heard(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.convolve(np.bincount(bar[inside], weights, bars), window, "same")

    everything = heard(strength)
    share = heard(strength * near) / np.maximum(everything, 1e-12)
    chance = 2.0 * ON_GRID
    focus = np.maximum(0.0, (share - chance) / (1.0 - chance))
    # Next to no attacks at all (a fade, a pause) say nothing, wherever they lie.
    loud = np.minimum(1.0, 20.0 * everything / max(float(everything.mean()), 1e-12))
    clear: NDArray[np.float64] = confidence * np.minimum(1.0, 4.0 * focus) * loud
    return clear
