"""Transfer an analysis to another beat grid of the same track."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.analysis import Analysis, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid

#: Length in bars of phrases where the former ones mean nothing.
PHRASE_BARS = 8
#: Logistic regression of the confidence of a phrase by that of its section, and by the number of
#: phrases before it in the section, four at most; fitted to synthesized tracks and tracker modules.
_BIAS, _PER_SECTION, _PER_PHRASE, _MOST_PHRASES = 0.4, 3.6, 0.9, 4
#: Deviation of a tempo ratio from a power of two, in octaves, up to which bars correspond.
_SAME_BARS = 0.02


def regridded(analysis: Analysis, grid: BeatGrid) -> Analysis:
    """Transfer an analysis to another beat grid.

    Values of a bar are averaged over the former bars that it overlaps, levels as powers. Sections
    keep their times, rounded to bars, and so do phrases if the tempo is the same or an octave
    away; otherwise each section is divided into phrases of eight bars.

    Parameters
    ----------
    analysis : Analysis
    grid : BeatGrid
        The other grid.

    Returns
    -------
    Analysis
    """
    former = _bar_lines(analysis.grid, len(analysis.bar_level_db))
    lines = _bar_lines(grid, grid.bars)

    def averaged(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return mean_between(former, values, lines)

    def averaged_db(levels: NDArray[np.float64]) -> NDArray[np.float64]:
        return power_to_db(averaged(db_to_power(levels)), amin=1e-20)

    sections = _moved_sections(analysis, grid)
    if bars_correspond(analysis.grid, grid):
        phrases = _moved_phrases(analysis, grid, sections)
    else:
        phrases = phrases_of(sections)
    return attrs.evolve(
        analysis,
        grid=grid,
        sections=sections,
        phrases=phrases,
        bar_level_db=averaged_db(analysis.bar_level_db),
        bar_low_db=averaged_db(analysis.bar_low_db),
        bar_loudness_db=averaged_db(analysis.bar_loudness_db),
        bar_vocal=averaged(analysis.bar_vocal),
        bar_beat=averaged(analysis.bar_beat),
        bar_chroma=averaged(analysis.bar_chroma),
    )


def phrases_of(sections: tuple[Section, ...]) -> tuple[Phrase, ...]:
    """Divide sections into phrases of eight bars; the last of a section may be shorter.

    The confidence of a phrase falls with that of its section, and with each phrase since the start
    of the section, as a phrase of another length may lie between.
    """
    return tuple(
        Phrase(
            start,
            min(PHRASE_BARS, section.end_bar - start),
            _phrase_confidence(section.confidence, index),
        )
        for section in sections
        for index, start in enumerate(range(section.start_bar, section.end_bar, PHRASE_BARS))
    )


def phrases_between(bounds: Iterable[int], confidences: Mapping[int, float]) -> tuple[Phrase, ...]:
    """Return the phrases between bars.

    Parameters
    ----------
    bounds : iterable of int
        Bars at which phrases start, and the end of the last.
    confidences : mapping of int to float
        Confidence by bar; 1 for others.
    """
    return tuple(
        Phrase(start, end - start, confidences.get(start, 1.0))
        for start, end in itertools.pairwise(sorted(set(bounds)))
    )


def _phrase_confidence(section_confidence: float, index: int) -> float:
    score = _BIAS + _PER_SECTION * section_confidence - _PER_PHRASE * min(index, _MOST_PHRASES)
    return 1.0 / (1.0 + math.exp(-score))


def bars_correspond(first: BeatGrid, second: BeatGrid) -> bool:
    """Return True if two grids have the same tempo, octaves aside."""
    octaves = math.log2(second.bpm / first.bpm)
    return abs(octaves - round(octaves)) <= _SAME_BARS


def nearest_bar(grid: BeatGrid, seconds: float) -> int:
    """Return the bar whose downbeat is nearest to a time, within the whole bars and their end."""
    bar = round((float(grid.beat_of(seconds)) - grid.first_downbeat) / grid.beats_per_bar)
    return min(max(bar, 0), grid.bars)


def _bar_lines(grid: BeatGrid, bars: int) -> NDArray[np.float64]:
    """Return the times of all bar lines, ``[bars + 1]``."""
    bar = np.arange(bars + 1, dtype=np.float64)
    return grid.time_of(grid.first_downbeat + bar * grid.beats_per_bar)


def mean_between(
    former: NDArray[np.float64], values: NDArray[np.float64], lines: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Average a step function between lines; beyond its ends it has its outermost values.

    Parameters
    ----------
    former : ndarray
        ``[bars + 1]``: ends of the steps.
    values : ndarray
        ``[bars]`` or ``[bars, columns]``: value of each step.
    lines : ndarray
        ``[lines]``, increasing.

    Returns
    -------
    ndarray
        ``[lines - 1]`` or ``[lines - 1, columns]``.
    """
    if values.ndim > 1:
        columns = [mean_between(former, column, lines) for column in values.T]
        return np.stack(columns, axis=1)
    if not len(values):
        return np.zeros(len(lines) - 1)
    # Its integral is linear between the former bar lines.
    integral = np.concatenate([[0.0], np.cumsum(values * np.diff(former))])
    before = np.minimum(lines - former[0], 0.0) * values[0]
    after = np.maximum(lines - former[-1], 0.0) * values[-1]
    return np.diff(np.interp(lines, former, integral) + before + after) / np.diff(lines)


def _moved_sections(analysis: Analysis, grid: BeatGrid) -> tuple[Section, ...]:
    found = analysis.sections
    starts = [nearest_bar(grid, analysis.grid.time_of_bar(s.start_bar)) for s in found]
    bounds = [0, *starts[1:], grid.bars]
    return tuple(
        attrs.evolve(section, start_bar=start, end_bar=end)
        for section, start, end in zip(found, bounds[:-1], bounds[1:], strict=True)
        if start < end
    )


def _moved_phrases(
    analysis: Analysis, grid: BeatGrid, sections: tuple[Section, ...]
) -> tuple[Phrase, ...]:
    confidences = {
        nearest_bar(grid, analysis.grid.time_of_bar(p.start_bar)): p.confidence
        for p in analysis.phrases
    }
    starts = {*confidences, *(section.start_bar for section in sections)}
    inside = {start for start in starts if start < grid.bars}
    return phrases_between({0, *inside, grid.bars}, confidences)
