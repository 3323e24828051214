"""Complete an analysis whose beat grid, key and sections are found elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.loudness import programme_lufs
from djtrans.core.track.analysis import Analysis, Levels, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.track.regridding import phrases_of
from djtrans.core.util.profiling import timed
from djtrans.plugins.analyzers.bar_levels import BarLevels, bar_levels
from djtrans.plugins.analyzers.vocal import bar_vocals

#: Finds the sections from the levels of the bars.
SectionFinder: TypeAlias = Callable[[BarLevels], tuple[Section, ...]]


def analysis_on_grid(
    audio: Tensor,
    sample_rate: int,
    grid: BeatGrid,
    key: Key,
    find: SectionFinder,
    bar_beat: NDArray[np.float64] | None = None,
    bar_chroma: NDArray[np.float64] | None = None,
) -> Analysis:
    """Measure levels and vocals on a grid, and find sections and phrases.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]`` float32.
    sample_rate : int
        In Hz.
    grid : BeatGrid
    key : Key
    find : callable
        Finds the sections.
    bar_beat : ndarray, optional
        ``[bars]``; by default the confidence of the grid.
    bar_chroma : ndarray, optional
        ``[bars, 12]``; by default zeros.

    Returns
    -------
    Analysis
    """
    samples = audio.detach().cpu().float().numpy()
    bar_times = grid.downbeat_times[: grid.bars + 1]
    with timed("bar levels"):
        levels = bar_levels(samples, sample_rate, bar_times)
    with timed("sections"):
        sections = find(levels)
    with timed("loudness"):
        integrated, short_term = programme_lufs(audio, sample_rate)
    with timed("vocals"):
        vocals = bar_vocals(samples, sample_rate, bar_times)
    return Analysis(
        duration_seconds=samples.shape[1] / sample_rate,
        grid=grid,
        sections=sections,
        phrases=phrases_of(sections),
        key=key,
        levels=Levels(integrated, float(np.percentile(short_term, 95))),
        bar_level_db=levels.level_db,
        bar_low_db=levels.low_db,
        bar_loudness_db=levels.loudness_db,
        bar_vocal=vocals,
        bar_beat=np.full(grid.bars, grid.confidence) if bar_beat is None else bar_beat,
        bar_chroma=np.zeros((grid.bars, 12)) if bar_chroma is None else bar_chroma,
    )
