"""Label sections as intro, build, drop, break or outro by level, bass and position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db

#: Maximum distance of a drop from the loudest bars, of the whole spectrum and in the bass.
_PEAK_DB, _PEAK_LOW_DB = 1.3, 4.0
#: Same for a groove in the middle of a track, which counts as a drop.
_GROOVE_DB, _GROOVE_LOW_DB = 3.5, 7.0
#: Minimum rise of a build; higher without bass, which could be a break.
_RISE_DB_PER_BAR, _BARE_RISE_DB_PER_BAR = 0.05, 0.4


def label_sections(
    spans: list[tuple[int, int]], level_db: NDArray[np.float64], low_db: NDArray[np.float64]
) -> list[str]:
    """Label each section.

    Parameters
    ----------
    spans : list of (int, int)
        First bar of each section, and the bar after its last.
    level_db, low_db : ndarray
        ``[bars]``: level of the whole spectrum, and of the bass.

    Returns
    -------
    list of str
        Labels of :data:`djtrans.core.track.analysis.SECTION_LABELS`.
    """
    level = np.array([mean_db(level_db[a:b]) for a, b in spans]) - np.percentile(level_db, 90)
    low = np.array([mean_db(low_db[a:b]) for a, b in spans]) - np.percentile(low_db, 90)
    rise = [_slope(level_db[a:b]) for a, b in spans]
    peak = (level >= -_PEAK_DB) & (low >= -_PEAK_LOW_DB)
    groove = (level >= -_GROOVE_DB) & (low >= -_GROOVE_LOW_DB)
    last_groove = int(np.flatnonzero(groove)[-1]) if groove.any() else len(spans) - 1
    last = len(spans) - 1
    labels = []
    for i in range(len(spans)):
        louder_next = i < last and bool(peak[i + 1])
        if peak[i]:
            label = "drop"
        elif i == 0:
            label = "intro"
        elif i == last or i > last_groove:
            label = "outro"
        elif louder_next and rise[i] > (_RISE_DB_PER_BAR if groove[i] else _BARE_RISE_DB_PER_BAR):
            label = "build"
        else:
            label = "drop" if groove[i] else "break"
        labels.append(label)
    return labels


def mean_db(values_db: NDArray[np.float64]) -> float:
    """Compute the level of the mean power."""
    return float(power_to_db(np.mean(db_to_power(values_db))))


def _slope(values: NDArray[np.float64]) -> float:
    if len(values) < 3:
        return 0.0
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])
