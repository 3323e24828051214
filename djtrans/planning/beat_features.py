"""Beat-synchronous features for the planner: onsets in two bands, and chroma."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.chroma import beat_chroma
from djtrans.core.audio.decibels import power_to_db
from djtrans.core.audio.filters import Spectrum, band_gain, filtered, spectrum_of
from djtrans.core.audio.polarity import to_mono

FloatArray = NDArray[np.float64]

#: Band of kick and bass; band of snare, clap and chord onsets.
LOW_HZ, MID_HZ = (30.0, 150.0), (300.0, 4000.0)
#: Length of the intervals before and after each beat whose levels are compared.
ATTACK_SECONDS = 0.08
#: Levels are clipped this far below the loudest beat.
LEVEL_RANGE_DB = 50.0


@attrs.frozen(eq=False)
class BeatFeatures:
    """Beat-synchronous features of a part of a track.

    Attributes
    ----------
    low, mid : ndarray
        ``[beats]``: rise of the band's level at the beat, in dB, at least 0.
    chroma : ndarray
        ``[beats, 12]``: amplitude by pitch class, C first.
    """

    low: FloatArray
    mid: FloatArray
    chroma: FloatArray


#: Computes the features of a track at given beats, ``[beats + 1]`` seconds of its file.
BeatFeatureExtractor: TypeAlias = Callable[[FloatArray], BeatFeatures]


def extract_beat_features(
    audio: FloatArray, sample_rate: int, beat_times: FloatArray
) -> BeatFeatures:
    """Compute beat-synchronous features of a track.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds: every beat and the end of the last one.

    Returns
    -------
    BeatFeatures
    """
    start = int((beat_times[0] - 1.0) * sample_rate)
    stop = int((beat_times[-1] + 1.0) * sample_rate)
    first, last = max(start, 0), min(max(stop, 1), audio.shape[-1])
    if last - first < sample_rate:
        silent = np.zeros(len(beat_times) - 1)
        return BeatFeatures(silent, silent, np.zeros((len(silent), 12)))
    window = np.asarray(audio[:, first:last], dtype=np.float64)
    times = beat_times - first / sample_rate
    mono = to_mono(window)
    spectrum = spectrum_of(mono)
    low, mid = (_rises(spectrum, mono.shape[-1], sample_rate, times, b) for b in (LOW_HZ, MID_HZ))
    return BeatFeatures(low, mid, beat_chroma(window, sample_rate, times))


def _rises(
    spectrum: Spectrum,
    samples: int,
    sample_rate: int,
    times: FloatArray,
    band: tuple[float, float],
) -> FloatArray:
    """Compute the rise of a band's level at each beat but the last, in dB, ``[beats]``."""
    sound, rate = filtered(spectrum, samples, sample_rate, band_gain(*band), top_hz=2 * band[1])
    total = np.concatenate([[0.0], np.cumsum((sound**2).sum(axis=0))])

    def level(begin: FloatArray, end: FloatArray) -> FloatArray:
        index = [np.clip(np.round(t * rate).astype(int), 0, len(total) - 1) for t in (begin, end)]
        power = (total[index[1]] - total[index[0]]) / np.maximum(index[1] - index[0], 1)
        return np.asarray(power_to_db(power, amin=1e-12))

    beats = times[:-1]
    # Grids can be a few milliseconds late: the interval starts slightly before the beat.
    early = 0.25 * ATTACK_SECONDS
    after = level(beats - early, beats + ATTACK_SECONDS - early)
    before = level(beats - early - ATTACK_SECONDS, beats - early)
    least = float(after.max()) - LEVEL_RANGE_DB
    return np.asarray(np.maximum(np.maximum(after, least) - np.maximum(before, least), 0.0))
