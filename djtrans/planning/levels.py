"""Match the loudness of both tracks."""

from __future__ import annotations

import math

from djtrans.core.track.analysis import Analysis

#: Largest gain, up or down, that matches B's loudness to A's.
TRIM_LIMIT_DB = 12.0


def loudness_difference_db(a: Analysis, b: Analysis) -> float:
    """Return by how much A is louder than B in dB; 0 if one of them has no loudness."""
    difference = a.levels.short_term_p95_lufs - b.levels.short_term_p95_lufs
    return difference if math.isfinite(difference) else 0.0


def loudness_trim_db(a: Analysis, b: Analysis) -> float:
    """Return B's gain in the plan: the difference in loudness, within the limit."""
    return min(max(loudness_difference_db(a, b), -TRIM_LIMIT_DB), TRIM_LIMIT_DB)
