"""A track of drifting tempo, played so that its tempo is constant.

Everything that finds a beat's phase and the one works on evenly spaced beats. A drifting track is
therefore not given methods of its own: it is played evenly, analyzed, and the beats are put back to
where they were.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BLOCK = 1 << 18


@attrs.frozen(eq=False)
class Straightened:
    """A signal of constant tempo, and the way back.

    Attributes
    ----------
    audio : ndarray of float32
        ``[samples]``.
    even, original : ndarray
        ``[points]``, increasing: times in the even signal and the same moments in the original one,
        in seconds.
    """

    audio: NDArray[np.float32]
    even: Floats
    original: Floats

    def original_time(self, seconds: Floats) -> Floats:
        """Times in the original signal; beyond the ends at the tempo of the last seconds."""
        inside = np.interp(seconds, self.even, self.original)
        ends = min(200, len(self.even) - 1)
        before = (self.original[ends] - self.original[0]) / (self.even[ends] - self.even[0])
        after = (self.original[-1] - self.original[-1 - ends]) / (
            self.even[-1] - self.even[-1 - ends]
        )
        inside = inside + before * np.minimum(seconds - self.even[0], 0.0)
        result: Floats = inside + after * np.maximum(seconds - self.even[-1], 0.0)
        return result


def straighten(
    mono: NDArray[np.float32], sample_rate: int, position: Floats, frame_rate: float
) -> Straightened:
    """Play a signal ``[samples]`` so that its beats are evenly spaced.

    Parameters
    ----------
    mono : ndarray of float32
    sample_rate : int
        In Hz.
    position : ndarray
        ``[frames]``, beats that have gone by, as
        :func:`~djtrans.plugins.analyzers.drift.follow_beats` gives them.
    frame_rate : float
        Frames per second.

    Returns
    -------
    Straightened
        As long as the original, but for rounding.
    """
    original = np.arange(len(position)) / frame_rate
    even = (position - position[0]) * (original[-1] / (position[-1] - position[0]))
    audio = np.empty(len(mono), dtype=np.float32)
    samples = np.arange(len(mono))
    for start in range(0, len(mono), _BLOCK):
        times = samples[start : start + _BLOCK] / sample_rate
        at = np.interp(times, even, original) * sample_rate
        below = np.minimum(at.astype(np.int64), len(mono) - 2)
        share = (at - below).astype(np.float32)
        audio[start : start + _BLOCK] = mono[below] + share * (mono[below + 1] - mono[below])
    return Straightened(audio, even, original)
