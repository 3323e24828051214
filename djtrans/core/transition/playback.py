"""Playback of a track's end: loops, changes of speed and reverse, as a time map of segments."""

from __future__ import annotations

from collections.abc import Callable

import attrs

#: Largest speed of playback in either direction.
MOST_SPEED = 16.0


@attrs.frozen
class PlaybackSegment:
    """Segment of the timeline in which a track plays from another position, or at another speed.

    The speed changes linearly, so the position is a parabola: ``elapsed`` after the start it is
    ``position + speed * elapsed + (end_speed - speed) * elapsed**2 / (2 * (stop - start))``.

    Attributes
    ----------
    start, stop : float
        Start and end of the segment, in clock seconds of a plan or in beats of the window.
    position : float
        Position on the same axis of what plays at the start: before it in a loop, at it otherwise.
    speed, end_speed : float
        Speed at the start and at the end: 1 as aligned, 0 stopped, negative in reverse. The pitch
        follows the speed, as on a turntable.

    Examples
    --------
    >>> from djtrans.core import PlaybackSegment
    >>> brake = PlaybackSegment(start=8.0, stop=10.0, position=8.0, speed=1.0, end_speed=0.0)
    >>> [brake.position_at(time) for time in (8.0, 9.0, 10.0)]
    [8.0, 8.75, 9.0]
    """

    start: float
    stop: float
    position: float
    speed: float = 1.0
    end_speed: float = 1.0

    def position_at(self, time: float) -> float:
        """Return the position that plays at a time of the same axis."""
        elapsed = time - self.start
        change = (self.end_speed - self.speed) / (2.0 * (self.stop - self.start))
        return self.position + self.speed * elapsed + change * elapsed * elapsed

    def mapped(self, clock: Callable[[float], float]) -> PlaybackSegment:
        """Convert start, stop and position to another axis; the speeds stay."""
        return attrs.evolve(
            self, start=clock(self.start), stop=clock(self.stop), position=clock(self.position)
        )
