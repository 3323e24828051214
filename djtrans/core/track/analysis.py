"""What an analyzer finds out about a track. Times are seconds from the first sample."""

from __future__ import annotations

import math
from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.contracts.config import as_tuple
from djtrans.core.track.beat_grid import BeatGrid, as_times
from djtrans.core.track.key import Key

SECTION_LABELS = ("intro", "build", "drop", "break", "outro")


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
    bar_vocal : ndarray
        How likely somebody sings or speaks in each whole bar, 0 to 1, as far as the mix tells; all
        0 from an analyzer that does not listen for it.
    bar_beat : ndarray
        How clearly the beats of the grid are heard around each whole bar, 0 (the grid is
        extrapolated through a part without a beat) to 1; the grid's confidence throughout from an
        analyzer that does not tell.
    """

    duration_seconds: float
    grid: BeatGrid
    sections: tuple[Section, ...] = attrs.field(converter=as_tuple)
    phrases: tuple[Phrase, ...] = attrs.field(converter=as_tuple)
    key: Key
    levels: Levels
    bar_level_db: NDArray[np.float64] = attrs.field(converter=as_times)
    bar_low_db: NDArray[np.float64] = attrs.field(converter=as_times)
    bar_vocal: NDArray[np.float64] = attrs.field(converter=as_times)

    @bar_vocal.default
    def _no_vocals(self) -> NDArray[np.float64]:
        return np.zeros(len(self.bar_level_db))

    bar_beat: NDArray[np.float64] = attrs.field(converter=as_times)

    @bar_beat.default
    def _even_beat(self) -> NDArray[np.float64]:
        return np.full(len(self.bar_level_db), self.grid.confidence)

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
            bar_vocal=spread(self.bar_vocal),
            bar_beat=spread(self.bar_beat),
        )

    def shifted(self, beats: int) -> Analysis:
        """The same analysis with every one moved `beats` later, see :meth:`BeatGrid.shifted`.

        Sections and phrases keep their lengths and move with the bar lines; what is known of each
        bar is taken from the two bars it now reaches into, by the share of each.
        """
        grid = self.grid.shifted(beats)
        # Where the ones move past a beat that can be a one itself, a whole bar comes before bar 0.
        lead = (self.grid.first_downbeat + beats) // grid.beats_per_bar
        bars, share = grid.bars, beats / grid.beats_per_bar

        def moved(values: NDArray[np.float64]) -> NDArray[np.float64]:
            padded = np.pad(values, (lead, 2), mode="edge")
            mixed: NDArray[np.float64] = (1 - share) * padded[:bars] + share * padded[1 : bars + 1]
            return mixed

        def moved_db(levels: NDArray[np.float64]) -> NDArray[np.float64]:
            return power_to_db(moved(db_to_power(levels)), amin=1e-20)

        starts = [0] + [s.start_bar + lead for s in self.sections[1:]] + [bars]
        sections = [
            attrs.evolve(s, start_bar=start, end_bar=min(end, bars))
            for s, start, end in zip(self.sections, starts[:-1], starts[1:], strict=True)
            if start < bars
        ]
        phrases = [attrs.evolve(p, start_bar=p.start_bar + lead) for p in self.phrases]
        if lead:
            phrases.insert(0, Phrase(0, lead))
        phrases = [
            attrs.evolve(p, bars=min(p.bars, bars - p.start_bar))
            for p in phrases
            if p.start_bar < bars
        ]
        return attrs.evolve(
            self,
            grid=grid,
            sections=tuple(sections),
            phrases=tuple(phrases),
            bar_level_db=moved_db(self.bar_level_db),
            bar_low_db=moved_db(self.bar_low_db),
            bar_vocal=moved(self.bar_vocal),
            bar_beat=moved(self.bar_beat),
        )

    def looped(self, start_bar: int, bars: int, repeats: int) -> Analysis:
        """The analysis of the track with some bars repeated; every time and bar along that track.

        Each repeat starts a phrase; a section goes on through repeats that lie within it.

        Raises
        ------
        InputError
            If the track does not have these bars, or nothing is repeated.
        """
        grid, stop = self.grid.looped(start_bar, bars, repeats), start_bar + bars
        added = float(grid.beat_times[-1] - self.grid.beat_times[-1])
        # What is played in a row: first bar, the bar after the last, how much later than before.
        takes: list[tuple[float, float, int]] = [(-math.inf, stop, 0)]
        takes += [(start_bar, stop, i * bars) for i in range(1, repeats)]
        takes += [(start_bar, math.inf, repeats * bars)]

        def played(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
            """Index, start and end of each part as it comes up in the takes."""
            bounds = list(parts)
            return [
                (i, int(max(start, low)) + later, int(min(end, high)) + later)
                for low, high, later in takes
                for i, (start, end) in enumerate(bounds)
                if max(start, low) < min(end, high)
            ]

        sections: list[Section] = []
        before = -1
        for i, start, end in played((s.start_bar, s.end_bar) for s in self.sections):
            if i == before:
                sections[-1] = attrs.evolve(sections[-1], end_bar=end)
            else:
                sections.append(attrs.evolve(self.sections[i], start_bar=start, end_bar=end))
            before = i
        phrases = [
            attrs.evolve(self.phrases[i], start_bar=start, bars=end - start)
            for i, start, end in played((p.start_bar, p.start_bar + p.bars) for p in self.phrases)
        ]

        def extended(values: NDArray[np.float64]) -> NDArray[np.float64]:
            again = np.tile(values[start_bar:stop], repeats)
            return np.concatenate([values[:stop], again, values[stop:]])

        return attrs.evolve(
            self,
            duration_seconds=self.duration_seconds + added,
            grid=grid,
            sections=sections,
            phrases=phrases,
            bar_level_db=extended(self.bar_level_db),
            bar_low_db=extended(self.bar_low_db),
            bar_vocal=extended(self.bar_vocal),
            bar_beat=extended(self.bar_beat),
        )

    @property
    def phrase_bars(self) -> frozenset[int]:
        """The bars on which a phrase starts, the end of the last one included."""
        starts = {phrase.start_bar for phrase in self.phrases}
        return frozenset(starts | {p.start_bar + p.bars for p in self.phrases[-1:]})
