"""What an analyzer finds out about a track. Times are seconds from the first sample."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.config import as_tuple
from djtrans.core.errors import InputError

#: Camelot numbers by pitch class (C = 0), for minor and major keys.
_CAMELOT_MINOR = (5, 12, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10)
_CAMELOT_MAJOR = (8, 3, 10, 5, 12, 7, 2, 9, 4, 11, 6, 1)
_TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SECTION_LABELS = ("intro", "build", "drop", "break", "outro")


def _times(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
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

    beat_times: NDArray[np.float64] = attrs.field(converter=_times)
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

    @property
    def downbeat_times(self) -> NDArray[np.float64]:
        """Time of each one in seconds."""
        return self.beat_times[self.first_downbeat :: self.beats_per_bar]


@attrs.frozen
class Section:
    """A part of the track between two bar lines.

    Attributes
    ----------
    label : str
        One of :data:`SECTION_LABELS`.
    start_bar, end_bar : int
        First bar, and the bar after the last.
    level_db : float
        RMS level of the part relative to the loudest section, in dB.
    confidence : float
        0 to 1.
    """

    label: str
    start_bar: int
    end_bar: int
    level_db: float = 0.0
    confidence: float = 1.0


@attrs.frozen
class Phrase:
    """A run of bars that belong together; phrases restart at each section.

    Attributes
    ----------
    start_bar : int
        First bar.
    bars : int
        Length: 4, 8 or 16, or an odd leftover.
    """

    start_bar: int
    bars: int


@attrs.frozen
class Key:
    """Musical key.

    Attributes
    ----------
    tonic : int
        Pitch class, 0 (C) to 11 (B).
    mode : {"major", "minor"}
    confidence : float
        0 to 1.
    """

    tonic: int
    mode: str
    confidence: float = 1.0

    @property
    def name(self) -> str:
        """As musicians write it: ``"A minor"``."""
        return f"{_TONICS[self.tonic]} {self.mode}"

    @property
    def camelot(self) -> str:
        """Camelot code, ``"8A"`` for A minor."""
        if self.mode == "minor":
            return f"{_CAMELOT_MINOR[self.tonic]}A"
        return f"{_CAMELOT_MAJOR[self.tonic]}B"

    def distance(self, other: Key) -> int:
        """Steps on the Camelot wheel: around the circle, plus one between minor and major."""
        here, there = int(self.camelot[:-1]), int(other.camelot[:-1])
        around = abs(here - there)
        return min(around, 12 - around) + (self.camelot[-1] != other.camelot[-1])


@attrs.frozen
class Levels:
    """Loudness of a track, ITU-R BS.1770.

    Attributes
    ----------
    integrated_lufs : float
        Integrated loudness.
    short_term_p95_lufs : float
        95th percentile of the short-term loudness (3 s windows).
    """

    integrated_lufs: float
    short_term_p95_lufs: float


@attrs.frozen(eq=False)
class Analysis:
    """Everything known of a track.

    Attributes
    ----------
    duration_seconds : float
    grid : BeatGrid
    sections : tuple of Section
        In order, without gaps, the whole track long.
    phrases : tuple of Phrase
        In order, without gaps; each section starts with one.
    key : Key
    levels : Levels
    bar_level_db, bar_low_db : ndarray
        RMS level of each whole bar in dB full scale: all of it, and below 150 Hz.
    """

    duration_seconds: float
    grid: BeatGrid
    sections: tuple[Section, ...] = attrs.field(converter=as_tuple)
    phrases: tuple[Phrase, ...] = attrs.field(converter=as_tuple)
    key: Key
    levels: Levels
    bar_level_db: NDArray[np.float64] = attrs.field(converter=_times)
    bar_low_db: NDArray[np.float64] = attrs.field(converter=_times)

    def section_at(self, bar: int) -> Section:
        """The section that holds a bar (the first or last one beyond the ends)."""
        for section in self.sections:
            if bar < section.end_bar:
                return section
        return self.sections[-1]

    def doubled(self) -> Analysis:
        """The same analysis counted an octave faster, see :meth:`BeatGrid.doubled`."""
        grid = self.grid.doubled()
        # Where the first downbeat lay half a slow bar in, doubling finds a whole bar before it.
        lead = (2 * self.grid.first_downbeat) // self.grid.beats_per_bar
        bars = grid.bars

        def spread(levels: NDArray[np.float64]) -> NDArray[np.float64]:
            twice = np.repeat(levels, 2)
            return np.pad(twice, (lead, max(0, bars - lead - len(twice))), mode="edge")[:bars]

        sections = [
            attrs.evolve(
                s,
                start_bar=2 * s.start_bar + lead if i else 0,
                end_bar=2 * s.end_bar + lead,
            )
            for i, s in enumerate(self.sections)
        ]
        phrases = [
            attrs.evolve(p, start_bar=2 * p.start_bar + lead, bars=2 * p.bars) for p in self.phrases
        ]
        if lead:
            phrases.insert(0, Phrase(0, lead))
        return attrs.evolve(
            self,
            grid=grid,
            sections=tuple(sections),
            phrases=tuple(phrases),
            bar_level_db=spread(self.bar_level_db),
            bar_low_db=spread(self.bar_low_db),
        )

    @property
    def phrase_bars(self) -> frozenset[int]:
        """The bars on which a phrase starts, the end of the last one included."""
        starts = {phrase.start_bar for phrase in self.phrases}
        return frozenset(starts | {p.start_bar + p.bars for p in self.phrases[-1:]})
