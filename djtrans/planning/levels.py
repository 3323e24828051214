"""Levels of bars, and the gain that matches the loudness of both tracks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.analysis import Analysis

#: Largest gain, up or down, that matches B's loudness to A's.
TRIM_LIMIT_DB = 12.0
#: Level of no bars, or of silent ones.
SILENCE_DB = -80.0


def mean_level_db(levels_db: NDArray[np.float64]) -> float:
    """Return the level of the mean power of some bars, :data:`SILENCE_DB` or more."""
    if not len(levels_db):
        return SILENCE_DB
    return float(power_to_db(np.mean(db_to_power(levels_db)) + db_to_power(SILENCE_DB)))


def loudness_difference_db(a: Analysis, b: Analysis) -> float:
    """Return by how much A is louder than B in dB; 0 if one of them has no loudness."""
    difference = a.levels.short_term_p95_lufs - b.levels.short_term_p95_lufs
    return difference if math.isfinite(difference) else 0.0


def loudness_trim_db(a: Analysis, b: Analysis) -> float:
    """Return B's gain in the plan: the difference in loudness, within the limit."""
    return min(max(loudness_difference_db(a, b), -TRIM_LIMIT_DB), TRIM_LIMIT_DB)
