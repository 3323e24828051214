"""Audibility of both tracks, beat by beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray, to_db
from djtrans.core.audio.decibels import AUDIBLE_DBFS

#: A contribution is masked if it is more than this below the other one.
MASKED_DB = 30.0


def beat_power(power: FloatArray, sample_rate: float, beat_times: FloatArray) -> FloatArray:
    """Average a power over each beat, ``[beats]``; zero for beats outside the audio.

    Parameters
    ----------
    power : ndarray
        ``[samples]``.
    sample_rate : float
    beat_times : ndarray
        ``[beats + 1]`` seconds.
    """
    total = np.concatenate([[0.0], np.cumsum(power)])
    edges = np.clip(np.round(beat_times * sample_rate).astype(int), 0, len(power))
    return np.asarray(np.diff(total[edges]) / np.maximum(np.diff(edges), 1))


def both_audible(
    a: FloatArray, b: FloatArray, sample_rate: int, beat_times: FloatArray
) -> NDArray[np.bool_]:
    """Find the beats on which both contributions exceed -60 dBFS and are within 30 dB.

    Parameters
    ----------
    a, b : ndarray
        ``[channels, samples]``: what each track adds to the mix.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]``, seconds from the first sample.

    Returns
    -------
    ndarray of bool
        ``[beats]``.
    """
    levels = [to_db(beat_power((x**2).mean(axis=0), sample_rate, beat_times)) for x in (a, b)]
    return (np.minimum(*levels) >= AUDIBLE_DBFS) & (np.abs(levels[0] - levels[1]) <= MASKED_DB)
