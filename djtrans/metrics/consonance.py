"""Harmonic consonance of both tracks."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray
from djtrans.metrics.chroma import beat_chroma

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


def chroma_consonance(
    a: FloatArray,
    b: FloatArray,
    sample_rate: int,
    beat_times: FloatArray,
    audible: NDArray[np.bool_],
) -> float | None:
    """Measure the consonance of A's and B's notes on beats on which both are audible.

    Parameters
    ----------
    a, b : ndarray
        ``[channels, samples]``: what each track adds to the mix.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds.
    audible : ndarray of bool
        ``[beats]``: where both are heard.

    Returns
    -------
    float or None
        1: every note of one is a note of the other. 0: as with notes drawn blindly. Below 0:
        rougher than that (two tones a semitone apart: -0.7). None if they are never heard
        together or have no pitch.
    """
    chroma_a, chroma_b = (beat_chroma(x, sample_rate, beat_times) for x in (a, b))
    return consonance(chroma_a, chroma_b, audible)


def consonance(
    chroma_a: FloatArray, chroma_b: FloatArray, audible: NDArray[np.bool_]
) -> float | None:
    """Measure the consonance of two chromagrams ``[beats, 12]``, see :func:`chroma_consonance`."""
    chromas = (chroma_a, chroma_b)
    sums = [chroma.sum(axis=1) for chroma in chromas]
    use = np.asarray(audible) & (sums[0] > 0) & (sums[1] > 0)
    if not use.any():
        return None
    p, q = (c[use] / s[use, None] for c, s in zip(chromas, sums, strict=True))
    index = (np.arange(12)[:, None] - np.arange(12)) % 12
    rough = np.asarray(interval_dissonance())[index]
    each = 1.0 - np.einsum("ti,ij,tj->t", p, rough, q)
    weight = np.sqrt(sums[0][use] * sums[1][use])
    return float((weight * each).sum() / weight.sum())
