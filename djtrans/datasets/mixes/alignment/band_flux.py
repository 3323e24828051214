"""Per-band spectral flux: onset envelopes that survive EQ and fader moves."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from djtrans.core.audio.decibels import power_to_db

FloatArray = NDArray[np.float32]

#: Frames per second of the flux.
FRAME_RATE = 50
#: Number of bands, each slightly narrower than half an octave: a track played 10 % faster is 1.7
#: semitones higher, which moves a third of the content of a band to the next.
BANDS = 16
LOW_HZ, HIGH_HZ = 50.0, 10000.0
_WINDOW_SECONDS = 0.05
#: Levels are clipped this far below the loudest of a band.
_RANGE_DB = 50.0
#: Length over which each band is normalized to mean 0 and deviation 1, which cancels an equalizer.
_NORMAL_SECONDS = 6.0
#: Least deviation relative to that of the whole, so that near silence is not amplified.
_LEAST_DEVIATION = 0.1
_CHUNK = 2048


def flux(mono: FloatArray, sample_rate: int) -> FloatArray:
    """Compute the spectral flux in bands, normalized against faders and equalizers.

    Parameters
    ----------
    mono : ndarray
        ``[samples]``.
    sample_rate : int
        In Hz, at least 16000.

    Returns
    -------
    ndarray
        ``[bands, frames]``, mean 0 and deviation near 1 over any few seconds; frame ``i`` is
        centred at ``i / FRAME_RATE`` seconds.
    """
    level = _band_levels(mono, sample_rate)
    floor = np.percentile(level, 99, axis=1, keepdims=True) - _RANGE_DB
    level = np.maximum(level, floor)
    rise = np.zeros_like(level)
    rise[:, 1:] = np.maximum(np.diff(level, axis=1), 0.0)
    length = round(_NORMAL_SECONDS * FRAME_RATE)
    rise -= uniform_filter1d(rise, length, axis=1, mode="nearest")
    power = uniform_filter1d(rise**2, length, axis=1, mode="nearest")
    least = _LEAST_DEVIATION**2 * (rise**2).mean(axis=1, keepdims=True) + 1e-9
    return np.asarray(rise / np.sqrt(np.maximum(power, least)), dtype=np.float32)


def _band_levels(mono: FloatArray, sample_rate: int) -> FloatArray:
    """Compute the level of each band in dB, ``[bands, frames]``."""
    size = scipy.fft.next_fast_len(round(_WINDOW_SECONDS * sample_rate), real=True)
    frames = int(len(mono) * FRAME_RATE / sample_rate)
    starts = np.round(np.arange(frames) * (sample_rate / FRAME_RATE)).astype(int)
    padded = np.pad(mono.astype(np.float32), (size // 2, size))
    hann = np.hanning(size).astype(np.float32)
    edges = np.geomspace(LOW_HZ, min(HIGH_HZ, 0.45 * sample_rate), BANDS + 1)
    hz = np.fft.rfftfreq(size, 1.0 / sample_rate)
    weights = _triangles(hz, edges)
    levels = np.empty((BANDS, frames), dtype=np.float32)
    for first in range(0, frames, _CHUNK):
        rows = starts[first : first + _CHUNK, None] + np.arange(size)
        power = np.abs(scipy.fft.rfft(padded[rows] * hann, axis=1)) ** 2
        levels[:, first : first + _CHUNK] = power_to_db(weights @ power.T + 1e-7)
    return levels


def _triangles(hz: np.ndarray, edges: np.ndarray) -> FloatArray:
    """Compute triangular weights of the bins in each band, which extend into its neighbours."""
    octaves = np.log2(np.maximum(hz, 1.0))
    centres = np.log2(np.sqrt(edges[1:] * edges[:-1]))
    # The lowest bands are narrower than a bin, and would be empty.
    width = np.maximum(np.log2(edges[1:] / edges[:-1]), np.log2(1.0 + hz[1] / edges[:-1]))
    weights = np.maximum(1.0 - np.abs(octaves - centres[:, None]) / width[:, None], 0.0)
    return np.asarray(weights, dtype=np.float32)
