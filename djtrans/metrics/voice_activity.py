"""Vocal activity of a stem, beat by beat."""

from __future__ import annotations

import itertools

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray, cut
from djtrans.core.audio.decibels import FLOOR_DB
from djtrans.metrics.audible import beat_power
from djtrans.metrics.loudness import loudness_power, to_lufs

#: A voice sings while it is above this, relative to the loudness of its own track.
ACTIVE_LU = -15.0
#: Singing and pausing begin when they last this many beats.
HYSTERESIS_BEATS = 2


@attrs.frozen(eq=False)
class VoiceActivity:
    """A voice, beat by beat.

    Attributes
    ----------
    level_lu : ndarray
        ``[beats]``: loudness relative to the track, floored at -120.
    active : ndarray of bool
        ``[beats]``.
    """

    level_lu: FloatArray
    active: NDArray[np.bool_]


def voice_activity(
    voice: FloatArray, reference_lufs: float, sample_rate: int, beat_times: FloatArray
) -> VoiceActivity:
    """Level and activity of a voice on each beat.

    Parameters
    ----------
    voice : ndarray
        ``[channels, samples]``: the vocal stem.
    reference_lufs : float
        Loudness of the whole track, -70 or more: what its voice is held against.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds.

    Returns
    -------
    VoiceActivity
        Active above -15 LU; a change counts once it has lasted two beats, from its first beat on:
        a shorter call is no singing, a shorter breath no pause.
    """
    voice, beat_times = cut(voice, sample_rate, beat_times, 0.5)
    power = beat_power(loudness_power(voice, sample_rate), sample_rate, beat_times)
    level = np.maximum(to_lufs(power) - reference_lufs, FLOOR_DB)
    return VoiceActivity(level, _held(level > ACTIVE_LU))


def _held(raw: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Debounce a state: change it on the first beat of a run that is long enough."""
    out = np.zeros_like(raw)
    state = False
    edges = [0, *(np.flatnonzero(np.diff(raw)) + 1).tolist(), len(raw)]
    for start, stop in itertools.pairwise(edges):
        if stop - start >= HYSTERESIS_BEATS:
            state = bool(raw[start])
        out[start:stop] = state
    return out
