"""Label sections as intro, groove, build, drop, break or outro by level, bass and position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.plugins.analyzers.bar_levels import BarLevels

#: Maximum distance from the loudest bars, of the whole spectrum and in the bass, at which a section
#: is in full wherever it lies.
_PEAK_DB, _PEAK_LOW_DB = 1.3, 4.0
#: Same in the middle of a track.
_FULL_DB, _FULL_LOW_DB = 3.5, 7.0
#: Minimum rise from a break to a drop, of the whole spectrum or in the bass.
_RISE_DB, _RISE_LOW_DB = 2.0, 4.0
#: Minimum rise within a build of the level above 2.5 kHz (noise that sweeps up, snare rolls), or of
#: the whole spectrum per bar.
_BRIGHTER_DB, _LOUDER_DB_PER_BAR = 6.0, 0.4
#: Minimum rise from a build to what follows.
_STEP_DB = 0.5
#: Distance of the bass from the loudest bars below which a section has neither kick nor bass.
_BARE_LOW_DB = 20.0
#: Longest intro of several sections, in bars and as a fraction of the track.
_INTRO_BARS, _INTRO_FRACTION = 32, 0.25


def label_sections(spans: list[tuple[int, int]], levels: BarLevels) -> list[str]:
    """Label each section.

    A section in full is a drop if a build precedes it, or a break from which it rises; otherwise it
    is a groove.

    Parameters
    ----------
    spans : list of (int, int)
        First bar of each section, and the bar after its last.
    levels : BarLevels
        Of all bars.

    Returns
    -------
    list of str
        Labels of :data:`djtrans.core.track.analysis.SECTION_LABELS`.
    """
    level, low = (_relative(values, spans) for values in (levels.level_db, levels.low_db))
    peak = (level >= -_PEAK_DB) & (low >= -_PEAK_LOW_DB)
    full = peak | ((level >= -_FULL_DB) & (low >= -_FULL_LOW_DB))
    rises = (np.diff(level) >= _RISE_DB) | (np.diff(low) >= _RISE_LOW_DB)
    builds = [_builds(i, spans, levels, level, low, full) for i in range(len(spans))]
    last_full = int(np.flatnonzero(full)[-1]) if full.any() else len(spans) - 1
    last = len(spans) - 1
    longest_intro = min(_INTRO_BARS, _INTRO_FRACTION * spans[-1][1])
    labels: list[str] = []
    for i, (_, end) in enumerate(spans):
        opens = set(labels) <= {"intro"} and end <= longest_intro
        if not peak[i] and (i == 0 or (opens and not full[i] and not builds[i])):
            label = "intro"
        elif not peak[i] and (i == last or i > last_full):
            label = "outro"
        elif i > 0 and builds[i]:
            label = "build"
        elif not full[i]:
            label = "break"
        elif i > 0 and (labels[-1] == "build" or (labels[-1] == "break" and rises[i - 1])):
            label = "drop"
        else:
            label = "groove"
        labels.append(label)
    return labels


def _builds(
    i: int,
    spans: list[tuple[int, int]],
    levels: BarLevels,
    level: NDArray[np.float64],
    low: NDArray[np.float64],
    full: NDArray[np.bool_],
) -> bool:
    """Return True if a section rises within itself, and to the next one, which is in full."""
    if i + 1 == len(spans) or not full[i + 1] or level[i + 1] < level[i] + _STEP_DB:
        return False
    start, end = spans[i]
    if _slope(levels.level_db[start:end]) > _LOUDER_DB_PER_BAR:
        return True
    brighter = _slope(levels.high_db[start:end]) * (end - start - 1)
    return brighter >= _BRIGHTER_DB and bool(low[i] >= -_BARE_LOW_DB)


def _relative(values_db: NDArray[np.float64], spans: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Compute the level of each section relative to the loudest bars."""
    return np.array([mean_db(values_db[a:b]) for a, b in spans]) - np.percentile(values_db, 90)


def mean_db(values_db: NDArray[np.float64]) -> float:
    """Compute the level of the mean power."""
    return float(power_to_db(np.mean(db_to_power(values_db))))


def _slope(values: NDArray[np.float64]) -> float:
    if len(values) < 3:
        return 0.0
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])
