"""Beat grid of a track: conversion between times, beats and bars."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError


def as_times(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert to a read-only float64 array: converter of attrs fields."""
    array = np.asarray(values, dtype=np.float64)
    array.flags.writeable = False
    return array


@attrs.frozen(eq=False)
class BeatGrid:
    """Beat grid of a track.

    Attributes
    ----------
    beat_times : ndarray of float64
        ``[beats]``, time of each beat of the whole track in seconds, increasing; the first may be
        slightly negative.
    first_downbeat : int
        Index in `beat_times` of the first downbeat.
    bpm : float
        Tempo in beats per minute (the median of a drifting tempo).
    beats_per_bar : int
        Meter.
    constant : bool
        True if the whole track has one tempo.
    confidence : float
        How well the beats match the audio, 0 to 1.
    downbeat_confidence : float
        Confidence of the downbeats, 0 to 1.

    Examples
    --------
    >>> import djtrans, numpy as np
    >>> grid = djtrans.BeatGrid(np.arange(64) * 0.5, first_downbeat=1, bpm=120.0)
    >>> grid.bars, grid.time_of_bar(2)
    (15, 4.5)

    See Also
    --------
    djtrans.analyze_track : Estimate the beat grid of a track.
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
            raise InputError(
                f"beat_times has shape {self.beat_times.shape}; a beat grid needs at least two "
                "beats in one dimension."
            )
        if not np.all(np.diff(self.beat_times) > 0):
            raise InputError("The beats of a grid must increase in time; sort them, without NaN.")
        if not 0 <= self.first_downbeat < self.beats_per_bar:
            raise InputError(
                f"first_downbeat = {self.first_downbeat} is not within the first bar; give 0 to "
                f"{self.beats_per_bar - 1}."
            )

    def time_of(self, beat: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert fractional beat indices to seconds; extrapolated by the tempo at the ends."""
        position = np.asarray(beat, dtype=np.float64)
        last = len(self.beat_times) - 1
        inside = np.interp(position, np.arange(last + 1), self.beat_times)
        before = self.beat_times[0] + position * (self.beat_times[1] - self.beat_times[0])
        step = self.beat_times[-1] - self.beat_times[-2]
        after = self.beat_times[-1] + (position - last) * step
        return np.where(position < 0, before, np.where(position > last, after, inside))

    def beat_of(self, seconds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert seconds to fractional beat indices; the inverse of :meth:`time_of`."""
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
        """Return the beat index of a bar's downbeat (bar 0 starts at the first downbeat)."""
        return self.first_downbeat + bar * self.beats_per_bar

    def time_of_bar(self, bar: int) -> float:
        """Return the time of a bar's downbeat in seconds."""
        return float(self.time_of(self.beat_of_bar(bar)))

    @property
    def bars(self) -> int:
        """Number of whole bars."""
        return (len(self.beat_times) - 1 - self.first_downbeat) // self.beats_per_bar

    def doubled(self) -> BeatGrid:
        """Count the grid at twice the tempo: a bar at 87 BPM becomes two bars at 174 BPM."""
        count = 2 * len(self.beat_times) - 1
        return attrs.evolve(
            self,
            beat_times=self.time_of(np.arange(count) / 2),
            first_downbeat=(2 * self.first_downbeat) % self.beats_per_bar,
            bpm=2 * self.bpm,
        )

    def counted(self, bars: int, of: int) -> BeatGrid:
        """Count `of` bars as `bars`, from the first downbeat: 4 bars at 174 BPM as 3 at 130.5."""
        step = of / bars
        lead = int(self.first_downbeat / step)
        count = int((len(self.beat_times) - 1 - self.first_downbeat) / step + 1e-9)
        beats: NDArray[np.float64] = self.first_downbeat + np.arange(-lead, count + 1.0) * step
        return attrs.evolve(
            self,
            beat_times=self.time_of(beats),
            first_downbeat=lead,
            bpm=self.bpm / step,
        )

    def shifted(self, beats: int) -> BeatGrid:
        """Move the downbeats to later beats.

        Parameters
        ----------
        beats : int
            Number of beats, 0 to ``beats_per_bar - 1``.

        Raises
        ------
        InputError
            If it is out of range.
        """
        if not 0 <= beats < self.beats_per_bar:
            raise InputError(
                f"Downbeats cannot be moved by {beats} beats; give 0 to {self.beats_per_bar - 1}."
            )
        return attrs.evolve(self, first_downbeat=(self.first_downbeat + beats) % self.beats_per_bar)

    def looped(self, start_bar: int, bars: int, repeats: int) -> BeatGrid:
        """Return the grid of the looped track.

        Parameters
        ----------
        start_bar, bars : int
            First bar and number of bars of the loop.
        repeats : int
            Number of additional repeats, at least 1.

        Raises
        ------
        InputError
            If the grid does not have these bars, or `repeats` is less than 1.
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
        """Time of each downbeat in seconds."""
        return self.beat_times[self.first_downbeat :: self.beats_per_bar]
