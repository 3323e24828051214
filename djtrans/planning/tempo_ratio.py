"""Tempo ratios: four bars at 174 BPM count as three at 130.5."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.regridding import mean_between, phrases_between


def match_tempo_ratio(
    a: Analysis, b: Analysis, ratios: Sequence[tuple[int, int]]
) -> tuple[Analysis, Analysis, float]:
    """Count the bars of the faster track at the ratio that brings the tempos closest.

    Parameters
    ----------
    a, b : Analysis
        In one tempo octave. In it 3:2 is 4:3, an octave apart.
    ratios : sequence of (int, int)
        As :attr:`djtrans.TechniqueDeclaration.tempo_ratios`.

    Returns
    -------
    a, b : Analysis
    beat : float
        Length of B's own beat in beats of the result: less than 1 if B is counted at a ratio.
    """
    slow, fast = sorted((a.grid.bpm, b.grid.bpm))
    bars, of = min(ratios, key=lambda ratio: abs(math.log(fast * ratio[0] / ratio[1] / slow)))
    if bars == of:
        return a, b, 1.0
    if a.grid.bpm == fast:
        return count_bars(a, bars, of), b, 1.0
    return a, count_bars(b, bars, of), bars / of


def count_bars(track: Analysis, bars: int, of: int) -> Analysis:
    """Count `of` bars as `bars`, see :meth:`djtrans.BeatGrid.counted`.

    Only the phrases that then start on a downbeat still start one; section boundaries move to the
    nearest downbeat, and values of a bar are means over the former bars that it covers.
    """
    grid, scale = track.grid.counted(bars, of), bars / of
    edges = np.arange(grid.bars + 1) / scale

    def means(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return mean_between(np.arange(len(values) + 1.0), values, edges)

    def means_db(levels: NDArray[np.float64]) -> NDArray[np.float64]:
        return power_to_db(means(db_to_power(levels)), amin=1e-20)

    starts = [round(s.start_bar * scale) for s in track.sections]
    starts.append(max(grid.bars, round(track.sections[-1].end_bar * scale)))
    sections = [
        attrs.evolve(s, start_bar=start, end_bar=end)
        for s, start, end in zip(track.sections, starts[:-1], starts[1:], strict=True)
        if start < end
    ]
    begins = {
        p.start_bar * bars // of: p.confidence
        for p in track.phrases
        if p.start_bar * bars % of == 0
    }
    inside = {begin for begin in begins if begin < grid.bars}
    phrases = phrases_between({0, *inside, grid.bars}, begins)
    return attrs.evolve(
        track,
        grid=grid,
        sections=tuple(sections),
        phrases=phrases,
        bar_level_db=means_db(track.bar_level_db),
        bar_low_db=means_db(track.bar_low_db),
        bar_loudness_db=means_db(track.bar_loudness_db),
        bar_vocal=means(track.bar_vocal),
        bar_beat=means(track.bar_beat),
        bar_chroma=means(track.bar_chroma),
    )
