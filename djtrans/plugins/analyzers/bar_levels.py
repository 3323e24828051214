"""RMS level of each bar: of the whole spectrum, K-weighted, below 150 Hz and above 2.5 kHz."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.core.audio.decibels import FLOOR_DB, db_to_power, power_to_db
from djtrans.core.audio.filters import k_weighting

LOW_HZ = 150.0
HIGH_HZ = 2500.0


@attrs.frozen(eq=False)
class BarLevels:
    """RMS level of each bar in dBFS, at least -120 dB.

    Attributes
    ----------
    level_db : ndarray
        ``[bars]``, of the whole spectrum.
    low_db, high_db : ndarray
        ``[bars]``, below 150 Hz and above 2.5 kHz.
    loudness_db : ndarray
        ``[bars]``, with the K weighting of ITU-R BS.1770.
    """

    level_db: NDArray[np.float64]
    low_db: NDArray[np.float64]
    high_db: NDArray[np.float64]
    loudness_db: NDArray[np.float64]


def bar_levels(
    audio: NDArray[np.float32], sample_rate: int, bar_times: NDArray[np.float64]
) -> BarLevels:
    """Compute the RMS level of each bar.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``.
    sample_rate : int
        Sample rate in Hz.
    bar_times : ndarray
        ``[bars + 1]`` seconds: the start of each bar and the end of the last.

    Returns
    -------
    BarLevels
    """
    edges = np.clip(np.round(bar_times * sample_rate), 0, audio.shape[1]).astype(np.int64)
    power = np.zeros((4, len(edges) - 1))
    weighting = k_weighting(sample_rate)
    weights: dict[int, NDArray[np.float64]] = {}  # by length of the spectrum
    for bar, (start, end) in enumerate(pairwise(edges)):
        part = audio[:, start:end]
        if part.shape[1] < 2:
            continue
        size = scipy.fft.next_fast_len(part.shape[1], real=True)
        low, high = (max(1, round(hz * size / sample_rate)) for hz in (LOW_HZ, HIGH_HZ))
        spectrum = scipy.fft.rfft(part, size, axis=1)
        power[0, bar] = np.mean(np.square(part, dtype=np.float64))
        # Parseval: each bin but the first stands for two.
        energy = (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float64)
        energy *= 2.0 / (size * part.size)
        if size not in weights:
            weights[size] = weighting(np.arange(len(energy)) * (sample_rate / size)) ** 2
        power[1:, bar] = energy[1:low].sum(), energy[high:].sum(), energy[1:] @ weights[size][1:]
    return BarLevels(*power_to_db(power, amin=db_to_power(FLOOR_DB)))
