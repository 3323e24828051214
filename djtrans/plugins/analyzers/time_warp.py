"""Warp a track of drifting tempo to a constant tempo, and map times back.

Beat phase and downbeats are found on evenly spaced beats. A drifting track is therefore warped to
constant tempo and analyzed, and its beats are mapped back.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BLOCK = 1 << 18


@attrs.frozen(eq=False)
class WarpedTrack:
    """Signal of constant tempo, with the map to original times.

    Attributes
    ----------
    audio : ndarray of float32
        ``[samples]``.
    even, original : ndarray
        ``[points]``, increasing: corresponding times in the warped and in the original signal, in
        seconds.
    """

    audio: NDArray[np.float32]
    even: Floats
    original: Floats

    def original_time(self, seconds: Floats) -> Floats:
        """Map times to the original signal, beyond its ends at the tempo of the nearest seconds."""
        inside = np.interp(seconds, self.even, self.original)
        ends = min(200, len(self.even) - 1)
        before = (self.original[ends] - self.original[0]) / (self.even[ends] - self.even[0])
        after = (self.original[-1] - self.original[-1 - ends]) / (
            self.even[-1] - self.even[-1 - ends]
        )
        inside = inside + before * np.minimum(seconds - self.even[0], 0.0)
        result: Floats = inside + after * np.maximum(seconds - self.even[-1], 0.0)
        return result


def warp_to_constant_tempo(
    mono: NDArray[np.float32], sample_rate: int, position: Floats, frame_rate: float
) -> WarpedTrack:
    """Warp a signal so that its beats are evenly spaced.

    Parameters
    ----------
    mono : ndarray of float32
        ``[samples]``.
    sample_rate : int
        Sample rate in Hz.
    position : ndarray
        ``[frames]`` in beats, of :func:`~djtrans.plugins.analyzers.drift.follow_beats`.
    frame_rate : float
        Frames per second.

    Returns
    -------
    WarpedTrack
        Signal of the same length, up to rounding.
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
    return WarpedTrack(audio, even, original)
