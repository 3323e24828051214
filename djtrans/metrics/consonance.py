"""Harmonic consonance of both tracks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.chroma import beat_chroma
from djtrans.core.audio.dissonance import interval_dissonance


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
