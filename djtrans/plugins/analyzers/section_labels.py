"""Label sections as intro, groove, build, drop, break or outro by level, bass and position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db

#: Maximum distance from the loudest bars, of the whole spectrum and in the bass, at which a section
#: is in full wherever it lies.
_PEAK_DB, _PEAK_LOW_DB = 1.3, 4.0
#: Same in the middle of a track.
_FULL_DB, _FULL_LOW_DB = 3.5, 7.0
#: Minimum slope of a build; higher without bass, which could be a break.
_SLOPE_DB_PER_BAR, _BARE_SLOPE_DB_PER_BAR = 0.05, 0.4
#: Minimum rise from a build or break to a drop, of the whole spectrum or in the bass.
_RISE_DB, _RISE_LOW_DB = 2.0, 4.0


def label_sections(
    spans: list[tuple[int, int]], level_db: NDArray[np.float64], low_db: NDArray[np.float64]
) -> list[str]:
    """Label each section.

    A section in full is a drop if a build or break rises to it, and else a groove.

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
    slope = [_slope(level_db[a:b]) for a, b in spans]
    peak = (level >= -_PEAK_DB) & (low >= -_PEAK_LOW_DB)
    full = peak | ((level >= -_FULL_DB) & (low >= -_FULL_LOW_DB))
    rises = (np.diff(level) >= _RISE_DB) | (np.diff(low) >= _RISE_LOW_DB)
    last_full = int(np.flatnonzero(full)[-1]) if full.any() else len(spans) - 1
    last = len(spans) - 1
    labels: list[str] = []
    for i in range(len(spans)):
        least_slope = _SLOPE_DB_PER_BAR if full[i] else _BARE_SLOPE_DB_PER_BAR
        if not peak[i] and i == 0:
            label = "intro"
        elif not peak[i] and (i == last or i > last_full):
            label = "outro"
        elif not peak[i] and peak[i + 1] and rises[i] and slope[i] > least_slope:
            label = "build"
        elif not full[i]:
            label = "break"
        else:
            label = (
                "drop" if i > 0 and labels[-1] in ("build", "break") and rises[i - 1] else "groove"
            )
        labels.append(label)
    return labels


def mean_db(values_db: NDArray[np.float64]) -> float:
    """Compute the level of the mean power."""
    return float(power_to_db(np.mean(db_to_power(values_db))))


def _slope(values: NDArray[np.float64]) -> float:
    if len(values) < 3:
        return 0.0
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])
