"""Onset strength in bands, to half a millisecond: where drums begin, whatever they sound like."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.audio.filters import band_gain, filtered, spectrum_of

#: Band edges in Hz. Several, because a kick without its lows is still a click higher up.
BANDS_HZ = ((30.0, 150.0), (300.0, 1500.0), (1500.0, 5000.0), (5000.0, 14000.0))
#: Standard deviation of the power average in seconds: about a period of what is in the band.
SMOOTHING_SECONDS = (0.008, 0.003, 0.002, 0.002)
HOP_SECONDS = 0.0005
#: How far below the peak of the stretch a rise still counts.
RANGE_DB = 30.0
#: What an onset a quarter beat or more away from a beat counts.
OFF_BEAT_WEIGHT = 0.1


def band_power(audio: FloatArray, sample_rate: int) -> tuple[FloatArray, float]:
    """Compute the power in each band over time.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    power : ndarray
        ``[bands, frames]``, mean square over the channels; frame ``i`` is centred at
        ``i / frame_rate`` seconds.
    frame_rate : float
        Frames per second, near 2000.
    """
    from scipy.ndimage import gaussian_filter1d

    hop = max(1, round(sample_rate * HOP_SECONDS))
    rows = []
    spectrum = spectrum_of(audio)
    for (low, high), seconds in zip(BANDS_HZ, SMOOTHING_SECONDS, strict=True):
        gain = band_gain(low, min(high, 0.45 * sample_rate))
        square = (filtered(spectrum, audio.shape[-1], sample_rate, gain)[0] ** 2).mean(axis=0)
        # Means of `hop` samples centred on the frame; the rest of the smoothing at the low rate.
        padded = np.pad(square, (hop // 2, hop - hop // 2))
        frames = padded[: len(padded) // hop * hop].reshape(-1, hop).mean(axis=1)
        rows.append(gaussian_filter1d(frames, seconds * sample_rate / hop))
    return np.maximum(np.stack(rows), 0.0), sample_rate / hop


def onset_strength(power: FloatArray) -> FloatArray:
    """Compute the rise of the level in dB within the top :data:`RANGE_DB` of the excerpt.

    Parameters
    ----------
    power : ndarray
        ``[bands, frames]``.

    Returns
    -------
    ndarray
        ``[bands, frames]``, dB per frame, never negative. The level relative to its own peak makes
        the measure blind to faders.
    """
    peak = np.maximum(power.max(axis=-1, keepdims=True), 1e-12)
    level = power_to_db(power / peak + db_to_power(-RANGE_DB))
    rise = np.zeros_like(level)
    rise[:, 1:-1] = 0.5 * (level[:, 2:] - level[:, :-2])
    return np.maximum(rise, 0.0)


def on_beat_weights(beat_times: FloatArray, frames: int, frame_rate: float) -> FloatArray:
    """Weight each frame by its distance from a beat, ``[frames]``.

    1 on the beat, falling as a squared cosine to :data:`OFF_BEAT_WEIGHT` a quarter beat away: what
    is compared is beat with beat, and off-beat hats and running basses only break ties.
    """
    index = np.arange(len(beat_times))
    phase = np.interp(np.arange(frames) / frame_rate, beat_times, index)
    distance = np.minimum(np.abs(phase - np.round(phase)) / 0.25, 1.0)
    return OFF_BEAT_WEIGHT + (1.0 - OFF_BEAT_WEIGHT) * np.cos(np.pi / 2.0 * distance) ** 2
