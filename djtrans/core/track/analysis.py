"""Analysis of a track: beat grid, sections, phrases, key and levels."""

from __future__ import annotations

import math
from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.contracts.config import as_tuple
from djtrans.core.track.applied_correction import AppliedCorrection
from djtrans.core.track.beat_grid import BeatGrid, as_times
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import Key

#: Labels of sections. A groove is music in full; a drop is one that a build or break rises to.
SECTION_LABELS = ("intro", "groove", "build", "drop", "break", "outro")
#: Labels of sections in full.
FULL_LABELS = ("groove", "drop")


@attrs.frozen
class Section:
    """Section of a track: a run of bars with one function.

    Attributes
    ----------
    label : str
        One of :data:`SECTION_LABELS`.
    start_bar, end_bar : int
        First bar, and the bar after the last.
    level_db : float
        RMS level relative to the loudest section, in dB.
    confidence : float
        Probability that the section starts at its first bar, if the grid is right, 0 to 1.

    Examples
    --------
    >>> import djtrans
    >>> section = djtrans.Section("intro", start_bar=0, end_bar=16, level_db=-6.0)
    >>> section.end_bar - section.start_bar
    16

    See Also
    --------
    Analysis : Analysis with all sections of a track.
    """

    label: str
    start_bar: int
    end_bar: int
    level_db: float = 0.0
    confidence: float = 1.0


@attrs.frozen
class Phrase:
    """Phrase of a track; a new phrase starts with each section.

    Attributes
    ----------
    start_bar : int
        First bar.
    bars : int
        Length in bars: 4, 8 or 16, or less for the last one of a section.
    confidence : float
        Probability that a phrase starts at its first bar, if the grid is right, 0 to 1.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.Phrase(start_bar=16, bars=8)
    Phrase(start_bar=16, bars=8, confidence=1.0)

    See Also
    --------
    Analysis.phrase_bars : Bars on which a phrase starts.
    """

    start_bar: int
    bars: int
    confidence: float = 1.0


@attrs.frozen
class Levels:
    """Loudness of a track (ITU-R BS.1770) on two loudspeakers; a mono track is played on both.

    Attributes
    ----------
    integrated_lufs : float
        Integrated loudness in LUFS.
    short_term_p95_lufs : float
        95th percentile of the short-term loudness (3 s windows) in LUFS.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.Levels(integrated_lufs=-9.2, short_term_p95_lufs=-7.5).integrated_lufs
    -9.2

    See Also
    --------
    Analysis : Analysis with the levels of a track.
    """

    integrated_lufs: float
    short_term_p95_lufs: float


@attrs.frozen(eq=False)
class Analysis:
    """Analysis of a track. Times are seconds from the first sample.

    Attributes
    ----------
    duration_seconds : float
        Length of the track in seconds.
    grid : BeatGrid
        Beat grid.
    sections : tuple of Section
        Sections of the whole track, in order and without gaps.
    phrases : tuple of Phrase
        Phrases, in order and without gaps; each section starts with one.
    key : Key
        Musical key.
    levels : Levels
        Loudness.
    bar_level_db, bar_low_db : ndarray
        ``[bars]``, RMS level of each whole bar in dBFS: full band, and below 150 Hz.
    bar_loudness_db : ndarray
        ``[bars]``, level with the K weighting of ITU-R BS.1770; `bar_level_db` if the analyzer does
        not measure it.
    bar_vocal : ndarray
        ``[bars]``, vocal activity of each whole bar, 0 to 1, estimated from the mix; 0 if the
        analyzer does not estimate it.
    bar_beat : ndarray
        ``[bars]``, how clear the beats are around each whole bar, 0 (the grid is extrapolated
        through a passage without beats) to 1; the grid's confidence if the analyzer does not
        measure it.
    bar_chroma : ndarray
        ``[bars, 12]``, strength of the pitch classes in each whole bar, C first; 0 if the analyzer
        does not measure it.
    cues : tuple of Cue
        Cue points that the user or DJ software set; an analyzer finds none.
    corrections : tuple of AppliedCorrection
        Parts that are not the analyzer's, and their sources.

    Examples
    --------
    >>> import djtrans
    >>> spec = djtrans.TrackSpec(bpm=126, structure=(("intro", 16), ("drop", 16)))
    >>> song = djtrans.synthesize(spec)
    >>> analysis = djtrans.analyze_track(djtrans.Track(song.audio, song.sample_rate))
    >>> round(analysis.grid.bpm), analysis.section_at(0).label
    (126, 'intro')

    See Also
    --------
    djtrans.analyze_track : Analyze a track.
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

    bar_loudness_db: NDArray[np.float64] = attrs.field(converter=as_times)

    @bar_loudness_db.default
    def _unweighted(self) -> NDArray[np.float64]:
        return self.bar_level_db

    bar_beat: NDArray[np.float64] = attrs.field(converter=as_times)

    @bar_beat.default
    def _even_beat(self) -> NDArray[np.float64]:
        return np.full(len(self.bar_level_db), self.grid.confidence)

    bar_chroma: NDArray[np.float64] = attrs.field(converter=as_times)

    @bar_chroma.default
    def _no_notes(self) -> NDArray[np.float64]:
        return np.zeros((len(self.bar_level_db), 12))

    cues: tuple[Cue, ...] = attrs.field(default=(), converter=as_tuple)
    corrections: tuple[AppliedCorrection, ...] = attrs.field(default=(), converter=as_tuple)

    def section_at(self, bar: int) -> Section:
        """Return the section of a bar (the first or last one beyond the ends)."""
        for section in self.sections:
            if bar < section.end_bar:
                return section
        return self.sections[-1]

    def doubled(self) -> Analysis:
        """Count the analysis at twice the tempo, see :meth:`BeatGrid.doubled`."""
        grid = self.grid.doubled()
        # A first downbeat half a slow bar from the start has a whole fast bar before it.
        lead = (2 * self.grid.first_downbeat) // self.grid.beats_per_bar
        bars = grid.bars

        def spread(levels: NDArray[np.float64]) -> NDArray[np.float64]:
            twice = np.repeat(levels, 2, axis=0)
            return _extended(twice, lead, max(0, bars - lead - len(twice)))[:bars]

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
            bar_loudness_db=spread(self.bar_loudness_db),
            bar_vocal=spread(self.bar_vocal),
            bar_beat=spread(self.bar_beat),
            bar_chroma=spread(self.bar_chroma),
        )

    def shifted(self, beats: int) -> Analysis:
        """Move all downbeats `beats` later, see :meth:`BeatGrid.shifted`.

        Sections and phrases keep their lengths and move with the downbeats; values of a bar are
        interpolated between the two former bars that it overlaps.
        """
        grid = self.grid.shifted(beats)
        # If the first downbeat moves by a bar or more, a whole bar precedes the former bar 0.
        lead = (self.grid.first_downbeat + beats) // grid.beats_per_bar
        bars, share = grid.bars, beats / grid.beats_per_bar

        def moved(values: NDArray[np.float64]) -> NDArray[np.float64]:
            padded = _extended(values, lead, 2)
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
            bar_loudness_db=moved_db(self.bar_loudness_db),
            bar_vocal=moved(self.bar_vocal),
            bar_beat=moved(self.bar_beat),
            bar_chroma=moved(self.bar_chroma),
        )

    def looped(self, start_bar: int, bars: int, repeats: int) -> Analysis:
        """Return the analysis of the looped track, with times and bars of that track.

        Each repeat starts a phrase; a section continues through repeats within it.

        Parameters
        ----------
        start_bar, bars : int
            First bar and number of bars of the loop.
        repeats : int
            Number of additional repeats, at least 1.

        Raises
        ------
        InputError
            If the track does not have these bars, or `repeats` is less than 1.
        """
        grid, stop = self.grid.looped(start_bar, bars, repeats), start_bar + bars
        added = float(grid.beat_times[-1] - self.grid.beat_times[-1])
        loop_end = self.grid.time_of_bar(stop)
        # Passages in order: first bar, the bar after the last, and offset in the looped track.
        passages: list[tuple[float, float, int]] = [(-math.inf, stop, 0)]
        passages += [(start_bar, stop, i * bars) for i in range(1, repeats)]
        passages += [(start_bar, math.inf, repeats * bars)]

        def played(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
            """List the index, start and end of each part in the order of the passages."""
            bounds = list(parts)
            return [
                (i, int(max(start, low)) + offset, int(min(end, high)) + offset)
                for low, high, offset in passages
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
            again = [values[start_bar:stop]] * repeats
            return np.concatenate([values[:stop], *again, values[stop:]])

        return attrs.evolve(
            self,
            duration_seconds=self.duration_seconds + added,
            grid=grid,
            sections=sections,
            phrases=phrases,
            bar_level_db=extended(self.bar_level_db),
            bar_low_db=extended(self.bar_low_db),
            bar_loudness_db=extended(self.bar_loudness_db),
            bar_vocal=extended(self.bar_vocal),
            bar_beat=extended(self.bar_beat),
            bar_chroma=extended(self.bar_chroma),
            cues=[cue.moved(added) if cue.seconds >= loop_end else cue for cue in self.cues],
        )

    @property
    def phrase_bars(self) -> frozenset[int]:
        """Bars on which a phrase starts, and the end of the last one."""
        starts = {phrase.start_bar for phrase in self.phrases}
        return frozenset(starts | {p.start_bar + p.bars for p in self.phrases[-1:]})


def _extended(values: NDArray[np.float64], before: int, after: int) -> NDArray[np.float64]:
    """Repeat the values of the first and the last bar beyond them."""
    width = [(before, after)] + [(0, 0)] * (values.ndim - 1)
    return np.pad(values, width, mode="edge")
