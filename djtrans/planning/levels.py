"""Levels of bars, and the gains that match the loudness of both tracks."""

from __future__ import annotations

import math

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.analysis import Analysis

#: Largest difference of the gains of both tracks that matches their loudness.
TRIM_LIMIT_DB = 12.0
#: Peak up to which a quiet A is raised, in dBFS.
RAISED_PEAK_DBFS = -1.0
#: B returns to its own level no faster than this, up to a phrase boundary within so many bars;
#: smaller gains stay as they are.
EASE_DB_PER_BAR, EASE_PHRASE_BARS, LEAST_EASE_DB = 0.5, 8, 0.5
#: Level of no bars, or of silent ones.
SILENCE_DB = -80.0


@attrs.frozen
class Gains:
    """Gains of both tracks.

    Attributes
    ----------
    a : float
        Gain of A.
    b : float
        Gain of B up to the end of the window.
    b_own : float
        Gain of B at the common loudness, to which it is eased after the window.
    """

    a: float
    b: float
    b_own: float


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
    """Return B's gain less A's at the swap: the difference in loudness, within the limit."""
    return min(max(loudness_difference_db(a, b), -TRIM_LIMIT_DB), TRIM_LIMIT_DB)


def match_loudness(a: Analysis, b: Analysis, headroom_a_db: float = 0.0) -> Gains:
    """Compute the gains with which both tracks are equally loud at the swap.

    The louder track keeps its level, and the other one is raised: B as far as it needs, A as far as
    its headroom allows. What remains to A is taken from B up to the end of the window.

    Parameters
    ----------
    a, b : Analysis
    headroom_a_db : float
        Gain that A's peaks allow.

    Returns
    -------
    Gains
    """
    trim = loudness_trim_db(a, b)
    if trim >= 0.0:
        return Gains(0.0, trim, trim)
    raised = min(-trim, max(0.0, headroom_a_db))
    lowered = trim + raised
    return Gains(raised, lowered, lowered if lowered > -LEAST_EASE_DB else 0.0)


def ease_bars(change_db: float, least_bars: int) -> int:
    """Return the least number of bars over which a gain changes.

    Parameters
    ----------
    change_db : float
    least_bars : int
        Smallest number of bars.
    """
    return max(least_bars, math.ceil(abs(change_db) / EASE_DB_PER_BAR - 1e-6))
