"""Two singers at once."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.metrics.voice_activity import VoiceActivity

#: Two voices clash while they are within this of each other.
CLASH_LU = 12.0
#: ... and do so for this many downbeats at least.
MIN_DOWNBEATS = 2


@attrs.frozen
class VocalClash:
    """Beats on which two voices clash.

    Attributes
    ----------
    clashes : tuple of bool
        Per beat.
    """

    clashes: tuple[bool, ...]

    @property
    def beats(self) -> int:
        """Number of beats that clash."""
        return sum(self.clashes)


def vocal_clash(
    a: VoiceActivity, b: VoiceActivity, apart_lu: float = 0.0, beats_per_bar: int = 4
) -> VocalClash:
    """Find beats on which both vocals are audible together for longer than a passing moment.

    Parameters
    ----------
    a, b : VoiceActivity
        Of both rendered vocal stems on the same beats, the first of which is a downbeat.
    apart_lu : float
        Loudness of track A less that of track B: puts both levels on one scale.
    beats_per_bar : int

    Returns
    -------
    VocalClash
        Runs of beats on which both are active and within 12 LU (powers averaged over three active
        beats, so that one's breath is no escape), if they hold two downbeats or more.
    """
    levels = []
    for voice in (a, b):
        sung = voice.active.astype(float)
        power = _sum_of_three(sung * db_to_power(voice.level_lu))
        mean = power / np.maximum(_sum_of_three(sung), 1.0)
        levels.append(power_to_db(mean, amin=1e-12))
    both = a.active & b.active & (np.abs(levels[0] - levels[1] + apart_lu) <= CLASH_LU)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], both.astype(int), [0]])))
    out = np.zeros_like(both)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        downbeats = -(-stop // beats_per_bar) - -(-start // beats_per_bar)
        if downbeats >= MIN_DOWNBEATS:
            out[start:stop] = True
    return VocalClash(tuple(map(bool, out)))


def _sum_of_three(values: FloatArray) -> FloatArray:
    """Sum each value and its neighbours; ``mode="same"`` would lengthen one of two beats."""
    return np.convolve(values, np.ones(3))[1:-1]
