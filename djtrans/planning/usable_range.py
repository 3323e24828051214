"""The usable range of a track: without its fade-out and silent bars."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.core.track.analysis import Analysis

#: Bars at the end that are this far below the track's median level are a fade-out.
FADE_OUT_DB = 6.0


def median_db(track: Analysis) -> float:
    """Return the median level of the bars that are not silent; :data:`SILENCE_DB` if all are."""
    levels = track.bar_level_db
    audible = levels[levels > AUDIBLE_DBFS]
    return float(np.median(audible)) if len(audible) else AUDIBLE_DBFS


def audible_end(track: Analysis) -> int:
    """Return the bar after the last one within :data:`FADE_OUT_DB` of the median level."""
    least = max(median_db(track) - FADE_OUT_DB, AUDIBLE_DBFS)
    loud = np.flatnonzero(track.bar_level_db >= least)
    return int(loud[-1]) + 1 if len(loud) else 0


def silent_bars(track: Analysis, start: int, stop: int) -> int:
    """Count the silent bars from `start` to before `stop`."""
    return int((track.bar_level_db[max(start, 0) : max(stop, 0)] <= AUDIBLE_DBFS).sum())
