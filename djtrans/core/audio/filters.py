"""Filters that move nothing in time: gains put on the spectrum of the whole excerpt.

A recursive filter run both ways does the same at ten times the cost, and many times more where
the audio is silent and its state decays through subnormal numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.k_weighting import k_weighting_stages

Spectrum = NDArray[np.complex64]
Gain = Callable[[FloatArray], FloatArray]


def spectrum_of(audio: FloatArray) -> Spectrum:
    """Transform an excerpt, zero-padded by at least a tenth to avoid circular overlap.

    Parameters
    ----------
    audio : ndarray
        ``[..., samples]``.
    """
    from scipy.fft import next_fast_len, rfft

    # Even, so that the size can be told from the number of bins.
    size = 2 * next_fast_len((audio.shape[-1] + audio.shape[-1] // 10) // 2 + 512, real=True)
    return np.asarray(rfft(audio.astype(np.float32), size, axis=-1))


def filtered(
    spectrum: Spectrum, samples: int, sample_rate: float, gain: Gain, top_hz: float | None = None
) -> tuple[FloatArray, float]:
    """Apply a gain per frequency to an excerpt.

    Parameters
    ----------
    spectrum : ndarray
        ``[..., bins]``, from :func:`spectrum_of`.
    samples : int
        Length of the excerpt.
    sample_rate : float
    gain : callable
        Linear gain at frequencies in Hz.
    top_hz : float, optional
        What lies above may be dropped: the result then comes at a lower rate.

    Returns
    -------
    audio : ndarray
        ``[..., samples]``, fewer of them at a lower rate.
    sample_rate : float
        Of the result.
    """
    from scipy.fft import irfft, next_fast_len

    size = 2 * (spectrum.shape[-1] - 1)
    low = size
    if top_hz is not None:
        low = min(size, 2 * next_fast_len(int(np.ceil(top_hz * size / sample_rate)), real=True))
    bins = low // 2 + 1
    hz = np.arange(bins) * (sample_rate / size)
    out = irfft(spectrum[..., :bins] * gain(hz).astype(np.float32), low, axis=-1) * (low / size)
    rate = sample_rate * low / size
    return out[..., : max(1, int(samples * low / size))].astype(np.float64), rate


def band_gain(low_hz: float, high_hz: float) -> Gain:
    """Fourth-order Butterworth band, both ways: -6 dB at its edges, 24 dB per octave below."""
    centre, width = low_hz * high_hz, high_hz - low_hz

    def gain(hz: FloatArray) -> FloatArray:
        hz = np.maximum(hz, 1e-3)
        return np.asarray(1.0 / (1.0 + ((hz**2 - centre) / (hz * width)) ** 4))

    return gain


def k_weighting(sample_rate: float) -> Gain:
    """Compute the gain of the K weighting of ITU-R BS.1770: a shelf and a high-pass."""
    # It is smooth: a table of a few thousand frequencies gives every other to 0.001 dB.
    table_hz = 0.5 * sample_rate * np.linspace(0.0, 1.0, 4096) ** 2
    cosine = np.cos(2.0 * np.pi / sample_rate * table_hz)

    def power(c: FloatArray) -> FloatArray:
        """|c0 + c1 z + c2 z^2|^2 on the unit circle."""
        twice = 2.0 * cosine**2 - 1.0
        cross = (c[0] * c[1] + c[1] * c[2]) * cosine + c[0] * c[2] * twice
        return np.asarray(np.maximum((c**2).sum() + 2.0 * cross, 0.0))

    table = np.ones_like(table_hz)
    for stage in k_weighting_stages(sample_rate):
        table *= np.sqrt(power(stage.b) / np.maximum(power(stage.a), 1e-15))

    def gain(hz: FloatArray) -> FloatArray:
        return np.interp(hz, table_hz, table)

    return gain
