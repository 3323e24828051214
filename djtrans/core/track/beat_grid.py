"""The beats of a track, and the way between times, beats and bars."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError


def as_times(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Converter of attrs fields that hold a series: float64, read-only."""
    array = np.asarray(values, dtype=np.float64)
    array.flags.writeable = False
    return array


@attrs.frozen(eq=False)
class BeatGrid:
    """The beats of a track.

    Attributes
    ----------
    beat_times : ndarray of float64
        Time of each beat in seconds, increasing, the whole track long; the first may be
        slightly negative.
    first_downbeat : int
        Index in `beat_times` of the first beat that is a one.
    bpm : float
        Tempo in beats per minute (the median where it drifts).
    beats_per_bar : int
    constant : bool
        Whether one tempo explains the whole track.
    confidence : float
        How well the beats fit the audio, 0 to 1.
    downbeat_confidence : float
        How sure the one is, 0 to 1.
    """

    beat_times: NDArray[np.float64] = attrs.field(converter=as_times)
    first_downbeat: int
    bpm: float
    beats_per_bar: int = 4
    constant: bool = True
    confidence: float = 1.0
    downbeat_confidence: float = 1.0

    def __attrs_post_init__(self) -> None:
        if self.beat_times.ndim != 1 or len(self.beat_times) < 2:
            raise InputError("A beat grid needs at least two beats.")
        if not np.all(np.diff(self.beat_times) > 0):
            raise InputError("The beats of a grid must increase in time.")
        if not 0 <= self.first_downbeat < self.beats_per_bar:
            raise InputError("first_downbeat must lie within the first bar.")

    def time_of(self, beat: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Time in seconds of a fractional beat index; extrapolated by the tempo at the ends."""
        position = np.asarray(beat, dtype=np.float64)
        last = len(self.beat_times) - 1
        inside = np.interp(position, np.arange(last + 1), self.beat_times)
        before = self.beat_times[0] + position * (self.beat_times[1] - self.beat_times[0])
        step = self.beat_times[-1] - self.beat_times[-2]
        after = self.beat_times[-1] + (position - last) * step
        return np.where(position < 0, before, np.where(position > last, after, inside))

    def beat_of(self, seconds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Fractional beat index of a time; the inverse of :meth:`time_of`."""
        time = np.asarray(seconds, dtype=np.float64)
        last = len(self.beat_times) - 1
        inside = np.interp(time, self.beat_times, np.arange(last + 1))
        before = (time - self.beat_times[0]) / (self.beat_times[1] - self.beat_times[0])
        step = self.beat_times[-1] - self.beat_times[-2]
        after = last + (time - self.beat_times[-1]) / step
        return np.where(
            time < self.beat_times[0], before, np.where(time > self.beat_times[-1], after, inside)
        )

    def beat_of_bar(self, bar: int) -> int:
        """Beat index of the one of bar `bar` (bar 0 starts at the first downbeat)."""
        return self.first_downbeat + bar * self.beats_per_bar

    def time_of_bar(self, bar: int) -> float:
        """Time in seconds of the one of bar `bar`."""
        return float(self.time_of(self.beat_of_bar(bar)))

    @property
    def bars(self) -> int:
        """Number of whole bars."""
        return (len(self.beat_times) - 1 - self.first_downbeat) // self.beats_per_bar

    def doubled(self) -> BeatGrid:
        """The same grid counted an octave faster: a bar of 87 BPM is two of 174."""
        count = 2 * len(self.beat_times) - 1
        return attrs.evolve(
            self,
            beat_times=self.time_of(np.arange(count) / 2),
            first_downbeat=(2 * self.first_downbeat) % self.beats_per_bar,
            bpm=2 * self.bpm,
        )

    def shifted(self, beats: int) -> BeatGrid:
        """The same beats with the one moved.

        Parameters
        ----------
        beats : int
            How many beats later the one lies, 0 to below `beats_per_bar`.

        Raises
        ------
        InputError
            If it is out of range.
        """
        if not 0 <= beats < self.beats_per_bar:
            raise InputError(
                f"The one cannot be moved by {beats} beats; give 0 to {self.beats_per_bar - 1}."
            )
        return attrs.evolve(self, first_downbeat=(self.first_downbeat + beats) % self.beats_per_bar)

    def looped(self, start_bar: int, bars: int, repeats: int) -> BeatGrid:
        """The grid of the track with some bars repeated.

        Raises
        ------
        InputError
            If the grid does not have these bars, or nothing is repeated.
        """
        start, stop = self.beat_of_bar(start_bar), self.beat_of_bar(start_bar + bars)
        if not (0 <= start < stop < len(self.beat_times) and repeats >= 1):
            raise InputError(
                f"Bars {start_bar} to {start_bar + bars} cannot be repeated {repeats} times; give "
                f"at least one repeat of bars from 0 to {self.bars}."
            )
        length = self.beat_times[stop] - self.beat_times[start]
        again = [self.beat_times[start:stop] + i * length for i in range(1, repeats)]
        rest = self.beat_times[start:] + repeats * length
        return attrs.evolve(self, beat_times=np.concatenate([self.beat_times[:stop], *again, rest]))

    @property
    def downbeat_times(self) -> NDArray[np.float64]:
        """Time of each one in seconds."""
        return self.beat_times[self.first_downbeat :: self.beats_per_bar]
