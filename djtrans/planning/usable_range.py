"""How much of a track can be used: not its fade-out, not its silence."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.core.track.analysis import Analysis

#: Bars at the end that are this far under the track's median level are a fade-out.
FADE_OUT_DB = 6.0


def median_db(track: Analysis) -> float:
    """Median level of the bars that are not silent; silence where all are."""
    levels = track.bar_level_db
    heard = levels[levels > AUDIBLE_DBFS]
    return float(np.median(heard)) if len(heard) else AUDIBLE_DBFS


def audible_end(track: Analysis) -> int:
    """The bar after the last one that is loud enough: within 6 dB of the median."""
    least = max(median_db(track) - FADE_OUT_DB, AUDIBLE_DBFS)
    loud = np.flatnonzero(track.bar_level_db >= least)
    return int(loud[-1]) + 1 if len(loud) else 0


def silent_bars(track: Analysis, start: int, stop: int) -> int:
    """How many bars from `start` to before `stop` are silence."""
    return int((track.bar_level_db[max(start, 0) : max(stop, 0)] <= AUDIBLE_DBFS).sum())
