"""Peak envelopes of a track's low, mid and high band."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Crossovers in Hz: bass and kick, voices and chords, hats.
CROSSOVERS_HZ = (200.0, 2500.0)


def band_peaks(
    audio: Any, sample_rate: int, edges_seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Highest absolute value of each band between neighbouring edges.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``; the channels are averaged.
    sample_rate : int
        In Hz.
    edges_seconds : ndarray
        ``[columns + 1]``, increasing; parts outside the audio are 0.

    Returns
    -------
    ndarray
        ``[3, columns]``: low, mid, high.
    """
    from scipy.signal import butter, sosfiltfilt

    mono = np.asarray(audio, dtype=np.float64).mean(axis=0)
    edges = np.round(np.asarray(edges_seconds) * sample_rate).astype(int)
    start, stop = max(0, int(edges[0])), min(len(mono), int(edges[-1]))
    out = np.zeros((3, len(edges) - 1))
    if stop - start < 32:
        return out
    mono = mono[start:stop]
    edges = np.clip(edges - start, 0, len(mono))
    low_hz, high_hz = CROSSOVERS_HZ
    nyquist = 0.45 * sample_rate
    filters = (
        butter(2, min(low_hz, nyquist), "low", fs=sample_rate, output="sos"),
        butter(2, (low_hz, min(high_hz, nyquist)), "band", fs=sample_rate, output="sos"),
        butter(2, min(high_hz, nyquist), "high", fs=sample_rate, output="sos"),
    )
    filled = edges[1:] > edges[:-1]
    for row, sos in zip(out, filters, strict=True):
        band = np.abs(sosfiltfilt(sos, mono, padlen=min(len(mono) - 1, 200)))
        # reduceat wants starts inside the array; columns without samples stay 0.
        peaks = np.maximum.reduceat(band, np.minimum(edges[:-1], len(band) - 1))
        row[filled] = peaks[filled]
    return out
