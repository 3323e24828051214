"""Peak envelopes of the low, mid and high band of the default EQ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.polarity import to_mono
from djtrans.core.track.feature_extraction import BAND_EDGES_HZ


def band_peaks(
    audio: Any, sample_rate: int, edges_seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the peak of each band between adjacent edges.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``; the channels are mixed by
        :func:`~djtrans.core.audio.polarity.to_mono`.
    sample_rate : int
        In Hz.
    edges_seconds : ndarray
        ``[columns + 1]`` seconds, increasing; peaks outside the audio are 0.

    Returns
    -------
    ndarray
        ``[3, columns]``: low, mid, high.
    """
    mono = to_mono(np.asarray(audio, dtype=np.float64))[0]
    edges = np.round(np.asarray(edges_seconds) * sample_rate).astype(int)
    start, stop = max(0, int(edges[0])), min(len(mono), int(edges[-1]))
    out = np.zeros((3, len(edges) - 1))
    if stop - start < 32:
        return out
    mono = mono[start:stop]
    edges = np.clip(edges - start, 0, len(mono))
    filled = edges[1:] > edges[:-1]
    for row, band in zip(out, _split(mono, sample_rate), strict=True):
        # reduceat requires starts inside the array; columns without samples stay 0.
        peaks = np.maximum.reduceat(np.abs(band), np.minimum(edges[:-1], len(band) - 1))
        row[filled] = peaks[filled]
    return out


def _split(mono: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Split into low, mid and high ``[3, samples]``, without delay; they sum to the input."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(mono) + sample_rate // 10, real=True)
    spectrum = rfft(mono, size)
    freqs = np.maximum(np.fft.rfftfreq(size, 1.0 / sample_rate), 1e-3)
    # Each crossover is half a cosine in log frequency, an octave wide.
    below = [
        0.5 + 0.5 * np.cos(np.pi * np.clip(np.log2(freqs / edge) + 0.5, 0.0, 1.0))
        for edge in BAND_EDGES_HZ
    ]
    low = irfft(spectrum * below[0], size)[: len(mono)]
    mid = irfft(spectrum * (below[1] - below[0]), size)[: len(mono)]
    return np.stack([low, mid, mono - low - mid])
