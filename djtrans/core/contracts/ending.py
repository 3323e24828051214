"""Endings: how a technique plays A's last beats, as loops that shorten, a brake or a backspin."""

from __future__ import annotations

from itertools import accumulate
from typing import Protocol

import attrs

from djtrans.core.errors import ConfigError
from djtrans.core.transition.playback import MOST_SPEED, PlaybackSegment


class Ending(Protocol):
    """Playback of A's last beats before the swap."""

    def segments(self, swap_beat: float, beat: float = 1.0) -> tuple[PlaybackSegment, ...]:
        """Return the playback segments up to the swap, in beats of the window.

        Parameters
        ----------
        swap_beat : float
            Beat of the swap; the last segment stops there.
        beat : float
            Length of B's beat in beats of the window: 1, or less if B is counted at a ratio.
        """
        ...

    def plain_beats(self, swap_beat: float, beat: float = 1.0) -> float:
        """Return the number of A's beats, from the start of the window, that its end consists of.

        With loops, A's anchor is the end of the bars that are looped, not the swap.
        """
        ...


@attrs.frozen
class LoopRoll:
    """A's last bars, looped and shortened until the swap.

    Attributes
    ----------
    lengths : tuple of float
        Lengths of the repeats in order, as fractions of the part before the swap, each starting at
        the start of the loop. The loop is the first pass, twice as long as the first repeat; it
        ends where the repeats begin.

    Examples
    --------
    >>> from djtrans.core import LoopRoll
    >>> roll = LoopRoll((1 / 4, 1 / 8, 1 / 8))
    >>> [(part.start, part.stop, part.position) for part in roll.segments(16.0)]
    [(8.0, 12.0, 0.0), (12.0, 14.0, 0.0), (14.0, 16.0, 0.0)]
    """

    lengths: tuple[float, ...]

    def __attrs_post_init__(self) -> None:
        first = self.lengths[0] if self.lengths else 0.0
        if not (min(self.lengths, default=0.0) > 0.0 and sum(self.lengths) + 2.0 * first <= 1.0):
            raise ConfigError(
                f"LoopRoll.lengths = {self.lengths}: give fractions above 0 that sum to at most 1 "
                "with a first pass of twice the first one."
            )

    def segments(self, swap_beat: float, beat: float = 1.0) -> tuple[PlaybackSegment, ...]:
        """Return one segment for each repeat."""
        start = self.plain_beats(swap_beat, beat)
        position = start - 2.0 * self.lengths[0] * swap_beat * beat
        ends = [start + end * swap_beat * beat for end in accumulate(self.lengths)]
        ends[-1] = swap_beat
        begins = [start, *ends[:-1]]
        return tuple(
            PlaybackSegment(begin, end, position) for begin, end in zip(begins, ends, strict=True)
        )

    def plain_beats(self, swap_beat: float, beat: float = 1.0) -> float:
        """Return the beat at which the repeats begin."""
        return swap_beat - sum(self.lengths) * swap_beat * beat


@attrs.frozen
class SpeedChange:
    """A's last beats at another speed that changes linearly until the swap, pitch included.

    Attributes
    ----------
    beats : float
        Length.
    speed, end_speed : float
        Speed at the start and at the swap: 1 to 0 is a brake, -4 to 0 a backspin.

    Examples
    --------
    >>> from djtrans.core import SpeedChange
    >>> brake = SpeedChange(beats=2.0, speed=1.0, end_speed=0.0)
    >>> brake.segments(16.0)[0].position_at(16.0)
    15.0
    """

    beats: float
    speed: float
    end_speed: float

    def __attrs_post_init__(self) -> None:
        if not (self.beats > 0.0 and max(abs(self.speed), abs(self.end_speed)) <= MOST_SPEED):
            raise ConfigError(
                f"{self} is not allowed; give beats above 0, and speeds of {-MOST_SPEED:g} to "
                f"{MOST_SPEED:g}."
            )

    def segments(self, swap_beat: float, beat: float = 1.0) -> tuple[PlaybackSegment, ...]:
        """Return the segment of the change."""
        start = swap_beat - min(self.beats, swap_beat)
        return (PlaybackSegment(start, swap_beat, start, self.speed, self.end_speed),)

    def plain_beats(self, swap_beat: float, beat: float = 1.0) -> float:
        """Return the swap: the beats before it are A's own."""
        return swap_beat
