"""RMS level of each bar, of the whole spectrum and below 150 Hz."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.core.audio.decibels import FLOOR_DB, db_to_power, power_to_db

LOW_HZ = 150.0


def bar_levels(
    audio: NDArray[np.float32], sample_rate: int, bar_times: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the RMS level of each bar in dBFS.

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
    level_db, low_db : ndarray
        ``[bars]``: of the whole spectrum, and below 150 Hz; at least -120 dB.
    """
    edges = np.clip(np.round(bar_times * sample_rate), 0, audio.shape[1]).astype(np.int64)
    power = np.zeros((2, len(edges) - 1))
    for bar, (start, end) in enumerate(pairwise(edges)):
        part = audio[:, start:end]
        if part.shape[1] < 2:
            continue
        size = scipy.fft.next_fast_len(part.shape[1], real=True)
        low_bins = max(1, round(LOW_HZ * size / sample_rate))
        spectrum = scipy.fft.rfft(part, size, axis=1)[:, 1:low_bins]
        power[0, bar] = np.mean(np.square(part, dtype=np.float64))
        # Parseval: each bin but the first stands for two.
        low = 2.0 * np.sum(spectrum.real.astype(np.float64) ** 2 + spectrum.imag**2) / size
        power[1, bar] = low / part.size
    level = power_to_db(power, amin=db_to_power(FLOOR_DB))
    return level[0], level[1]
