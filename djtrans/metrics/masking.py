"""Spectral masking between both tracks."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.decibels import db_to_power

#: Edges of the 24 critical bands in Hz (Zwicker 1961).
BARK_HZ = (
    *(20, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700),
    *(3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500),
)
CELL_SECONDS = 0.1
#: Both within this of each other: neither covers the other, neither is clear.
CLASH_DB = 6.0
#: A cell this far below the strongest one is not counted as heard.
RANGE_DB = 60.0


def masking_fraction(
    a: FloatArray, b: FloatArray, sample_rate: int, beat_times: FloatArray
) -> float | None:
    """Compute the fraction of audible time-frequency cells with both tracks within 6 dB.

    Parameters
    ----------
    a, b : ndarray
        ``[channels, samples]``: what each track adds to the mix.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds: only the window counts.

    Returns
    -------
    float or None
        0 to 1; None if nothing is heard. A cell is one Bark band for 0.1 s; it is heard if the
        louder contribution in it is at most 60 dB below the strongest cell of all.
    """
    start, stop = (np.clip(round(t * sample_rate), 0, a.shape[-1]) for t in beat_times[[0, -1]])
    cells_a, cells_b = (_cells(x[:, start:stop], sample_rate) for x in (a, b))
    louder = np.maximum(cells_a, cells_b)
    if not louder.size or louder.max() <= 0.0:
        return None
    heard = louder > louder.max() * db_to_power(-RANGE_DB)
    close = np.minimum(cells_a, cells_b) >= louder * db_to_power(-CLASH_DB)
    return float((heard & close).sum() / heard.sum())


def _cells(audio: FloatArray, sample_rate: int) -> FloatArray:
    """Compute the power of each cell, ``[bands, frames]``, from whole half-overlapping frames."""
    size = 1 << round(np.log2(CELL_SECONDS * sample_rate))
    if audio.shape[-1] < size:
        return np.zeros((len(BARK_HZ) - 1, 0))
    frames = np.lib.stride_tricks.sliding_window_view(audio, size, axis=-1)[:, :: size // 2]
    window = np.hanning(size)
    power = (np.abs(np.fft.rfft(frames * window)) ** 2).sum(axis=0)
    band = np.searchsorted(BARK_HZ, np.fft.rfftfreq(size, 1.0 / sample_rate), side="right") - 1
    return np.stack([power[:, band == k].sum(axis=1) for k in range(len(BARK_HZ) - 1)])
