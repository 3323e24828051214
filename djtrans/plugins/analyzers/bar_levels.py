"""RMS level of each bar: of the whole spectrum, below 150 Hz and above 2.5 kHz."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.core.audio.decibels import FLOOR_DB, db_to_power, power_to_db

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
    """

    level_db: NDArray[np.float64]
    low_db: NDArray[np.float64]
    high_db: NDArray[np.float64]


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
    power = np.zeros((3, len(edges) - 1))
    for bar, (start, end) in enumerate(pairwise(edges)):
        part = audio[:, start:end]
        if part.shape[1] < 2:
            continue
        size = scipy.fft.next_fast_len(part.shape[1], real=True)
        bins = [max(1, round(hz * size / sample_rate)) for hz in (LOW_HZ, HIGH_HZ)]
        spectrum = scipy.fft.rfft(part, size, axis=1)
        power[0, bar] = np.mean(np.square(part, dtype=np.float64))
        for row, band in enumerate((slice(1, bins[0]), slice(bins[1], None)), 1):
            inside = spectrum[:, band]
            # Parseval: each bin but the first stands for two.
            total = 2.0 * np.sum(inside.real.astype(np.float64) ** 2 + inside.imag**2) / size
            power[row, bar] = total / part.size
    return BarLevels(*power_to_db(power, amin=db_to_power(FLOOR_DB)))
