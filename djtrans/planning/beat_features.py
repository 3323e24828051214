"""What the planner hears of a window: attacks in the bass and in the middle, and the notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import power_to_db
from djtrans.metrics.chroma import beat_chroma
from djtrans.metrics.filters import Spectrum, band_gain, filtered, spectrum_of

FloatArray = NDArray[np.float64]

#: Kick and bass; snare, clap and the attacks of chords.
LOW_HZ, MID_HZ = (30.0, 150.0), (300.0, 4000.0)
#: Sound before and after each beat in which an attack is looked for.
ATTACK_SECONDS = 0.08
#: Levels are compared down to this far under the loudest beat.
LEVEL_RANGE_DB = 50.0


@attrs.frozen(eq=False)
class BeatFeatures:
    """A track beat by beat.

    Attributes
    ----------
    low, mid : ndarray
        ``[beats]``: how much the level rises at the beat, in dB, 0 or more.
    chroma : ndarray
        ``[beats, 12]``: amplitude by pitch class, C first.
    """

    low: FloatArray
    mid: FloatArray
    chroma: FloatArray


#: Listens to a track at the beats given, ``[beats + 1]`` seconds of its file.
Ear: TypeAlias = Callable[[FloatArray], BeatFeatures]


def listen(audio: FloatArray, sample_rate: int, beat_times: FloatArray) -> BeatFeatures:
    """Hear a track beat by beat.

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
    mono = window.mean(axis=0, keepdims=True)
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
    """Rise of a band's level at each beat but the last, in dB, ``[beats]``."""
    sound, rate = filtered(spectrum, samples, sample_rate, band_gain(*band), top_hz=2 * band[1])
    total = np.concatenate([[0.0], np.cumsum((sound**2).sum(axis=0))])

    def level(begin: FloatArray, end: FloatArray) -> FloatArray:
        index = [np.clip(np.round(t * rate).astype(int), 0, len(total) - 1) for t in (begin, end)]
        power = (total[index[1]] - total[index[0]]) / np.maximum(index[1] - index[0], 1)
        return np.asarray(power_to_db(power, amin=1e-12))

    beats = times[:-1]
    # A grid is a few milliseconds off at times: the attack is looked for a little before it too.
    early = 0.25 * ATTACK_SECONDS
    after = level(beats - early, beats + ATTACK_SECONDS - early)
    before = level(beats - early - ATTACK_SECONDS, beats - early)
    least = float(after.max()) - LEVEL_RANGE_DB
    return np.asarray(np.maximum(np.maximum(after, least) - np.maximum(before, least), 0.0))
