"""On which beats a voice sings."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.metrics.arrays import FLOOR_DB, FloatArray

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


def track_loudness(track: FloatArray, sample_rate: int) -> float:
    """Loudness of a track's untouched excerpt in LUFS: what its voice is held against."""
    import torch

    from djtrans.core.loudness import integrated_lufs

    return integrated_lufs(torch.from_numpy(track).float(), sample_rate)


def voice_activity(
    voice: FloatArray, reference_lufs: float, sample_rate: int, beat_times: FloatArray
) -> VoiceActivity:
    """Level and activity of a voice on each beat.

    Parameters
    ----------
    voice : ndarray
        ``[channels, samples]``: the vocal stem.
    reference_lufs : float
        Loudness of the whole track, see :func:`track_loudness`; ``-inf`` for silence.
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
    import torch

    from djtrans.core.loudness import momentary_lufs

    hop = 0.05
    lufs = momentary_lufs(torch.from_numpy(voice).float(), sample_rate, hop)
    power = 10.0 ** (lufs / 10.0)
    centre = 0.2 + hop * np.arange(len(power))
    beats = len(beat_times) - 1
    beat = np.searchsorted(beat_times, centre, side="right") - 1
    inside = (beat >= 0) & (beat < beats)
    total = np.bincount(beat[inside], power[inside], beats)
    count = np.bincount(beat[inside], minlength=beats)
    mean = total / np.maximum(count, 1)
    level = 10.0 * np.log10(np.maximum(mean, 1e-12)) - max(reference_lufs, -70.0)
    level = np.maximum(level, FLOOR_DB)
    return VoiceActivity(level, _held(level > ACTIVE_LU))


def _held(raw: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The state that last lasted long enough; it changes on the first beat of such a run."""
    out = np.zeros_like(raw)
    state = False
    starts = np.flatnonzero(np.diff(np.concatenate([[not raw[0]], raw]))) if len(raw) else []
    for start, stop in zip(starts, [*starts[1:], len(raw)], strict=True):
        if stop - start >= HYSTERESIS_BEATS:
            state = bool(raw[start])
        out[start:stop] = state
    return out
