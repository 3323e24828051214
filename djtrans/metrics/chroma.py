"""Chroma of each beat."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray, cut
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.metrics.filters import filtered, spectrum_of

BAND_HZ = (110.0, 2000.0)
WINDOW_SECONDS = 0.2
#: A spectral peak counts if it stands this far above the median around it.
PEAK_DB = 10.0


def beat_chroma(audio: FloatArray, sample_rate: int, beat_times: FloatArray) -> FloatArray:
    """Compute the amplitude of spectral peaks by pitch class, beat by beat.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``, tuned to A = 440 Hz.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds.

    Returns
    -------
    ndarray
        ``[beats, 12]``, C first. Only local maxima that stand out count, so that noise and drums,
        which have no pitch, add little; a peak's pitch is interpolated between the bins.
    """
    from scipy.ndimage import median_filter
    from scipy.signal import stft

    audio, beat_times = cut(audio, sample_rate, beat_times, WINDOW_SECONDS)
    mono = audio.mean(axis=0, keepdims=True)
    low, rate = filtered(
        spectrum_of(mono), mono.shape[-1], sample_rate, np.ones_like, top_hz=1.2 * BAND_HZ[1]
    )
    size = 2 * round(0.5 * WINDOW_SECONDS * rate)
    if low.shape[-1] <= size // 2:
        return np.zeros((len(beat_times) - 1, 12))  # shorter than a step of the transform
    freqs, times, spectrum = stft(low[0], rate, "hann", size, size // 2)
    keep = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    level = np.abs(spectrum[keep])
    bins = max(5, int(0.05 * keep.sum()))
    floor = median_filter(level, size=(bins, 1), mode="nearest")
    inner = level[1:-1]
    peak = (inner > level[:-2]) & (inner >= level[2:])
    peak &= inner > db_to_amplitude(PEAK_DB) * np.maximum(floor[1:-1], 1e-7)
    row, column = np.nonzero(peak)
    logs = [np.log(level[row + i, column] + 1e-12) for i in range(3)]
    bend = logs[0] - 2.0 * logs[1] + logs[2]
    shift = np.where(bend < 0, 0.5 * (logs[0] - logs[2]) / np.minimum(bend, -1e-9), 0.0)
    step = freqs[1] - freqs[0]
    hz = freqs[keep][row + 1] + np.clip(shift, -0.5, 0.5) * step
    pitch = np.round(69.0 + 12.0 * np.log2(hz / 440.0)).astype(int) % 12
    beat = np.searchsorted(beat_times, times[column], side="right") - 1
    inside = (beat >= 0) & (beat < len(beat_times) - 1)
    out = np.zeros((len(beat_times) - 1, 12))
    np.add.at(out, (beat[inside], pitch[inside]), inner[row, column][inside])
    return out
