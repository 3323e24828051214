"""Warp a track of drifting tempo to a constant tempo, and map times back.

Beat phase and downbeats are found on evenly spaced beats. A drifting track is therefore warped to
constant tempo and analyzed, and its beats are mapped back.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.signals import ComputedSignal, Signal

Floats = NDArray[np.float64]
#: Samples that are warped at once.
_BLOCK = 1 << 18


@attrs.frozen(eq=False)
class WarpedTrack:
    """Signal of constant tempo, with the map to original times.

    Attributes
    ----------
    audio : Signal
        ``[samples]``, computed where it is read.
    even, original : ndarray
        ``[points]``, increasing: corresponding times in the warped and in the original signal, in
        seconds.
    """

    audio: Signal
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
    mono: Signal, sample_rate: int, position: Floats, frame_rate: float
) -> WarpedTrack:
    """Warp a signal so that its beats are evenly spaced.

    Parameters
    ----------
    mono : Signal
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

    def warp(start: int, stop: int) -> NDArray[np.float32]:
        # Only the points around the part: searching in all of them takes far longer.
        first, last = np.searchsorted(even, (start / sample_rate, (stop - 1) / sample_rate))
        points = slice(max(0, int(first) - 1), int(last) + 2)
        times = np.arange(start, stop) / sample_rate
        at = np.interp(times, even[points], original[points]) * sample_rate
        below = np.minimum(at.astype(np.int64), len(mono) - 2)
        share = (at - below).astype(np.float32)
        begin = int(below[0])
        near = mono[begin : int(below[-1]) + 2]
        below -= begin
        warped: NDArray[np.float32] = near[below] + share * (near[below + 1] - near[below])
        return warped

    def read(start: int, stop: int) -> NDArray[np.float32]:
        audio = np.empty(stop - start, dtype=np.float32)
        for first in range(start, stop, _BLOCK):
            last = min(first + _BLOCK, stop)
            audio[first - start : last - start] = warp(first, last)
        return audio

    return WarpedTrack(ComputedSignal(len(mono), read), even, original)
