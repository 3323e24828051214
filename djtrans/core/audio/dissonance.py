"""Sensory dissonance of intervals."""

from __future__ import annotations

import functools

import numpy as np

#: Complex tones of this many partials, each this much weaker than the one before, on middle C.
PARTIALS = 6
DECAY = 0.88
TONE_HZ = 261.63


@functools.cache
def interval_dissonance() -> tuple[float, ...]:
    """Sensory dissonance of the twelve pitch-class intervals: 0 for a unison, 1 on average.

    Notes
    -----
    Plomp and Levelt's curve in Sethares' parametrization [1]_, summed over all pairs of partials of
    two tones; interval and inversion are averaged, because a pitch class has no octave.

    .. [1] W. A. Sethares, "Local consonance and the relationship between timbre and scale", JASA
       94(3), 1993, after R. Plomp and W. J. M. Levelt, JASA 38, 1965.
    """
    number = np.arange(1, PARTIALS + 1)
    amplitude = DECAY ** (number - 1.0)

    def roughness(semitones: float) -> float:
        hz = np.concatenate([TONE_HZ * number, TONE_HZ * 2.0 ** (semitones / 12.0) * number])
        level = np.concatenate([amplitude, amplitude])
        i, j = np.triu_indices(len(hz), 1)
        scale = 0.24 / (0.0207 * np.minimum(hz[i], hz[j]) + 18.96)
        apart = scale * np.abs(hz[i] - hz[j])
        each = np.exp(-3.5 * apart) - np.exp(-5.75 * apart)
        return float((np.minimum(level[i], level[j]) * each).sum())

    both = np.array([0.5 * (roughness(k) + roughness(12 - k)) for k in range(12)])
    above = both - both[0]
    return tuple((above / above.mean()).tolist())
