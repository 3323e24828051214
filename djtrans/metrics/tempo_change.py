"""Tempo change of a track relative to its file."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray


def tempo_change_percent(file_seconds: FloatArray, beat_times: FloatArray) -> float | None:
    """Largest tempo change over the window, in percent; positive is faster than the file.

    Parameters
    ----------
    file_seconds : ndarray
        ``[beats + 1]``: which second of the file sounds at each beat time.
    beat_times : ndarray
        ``[beats + 1]`` seconds.

    Returns
    -------
    float or None
        ``100 (d file / d clock - 1)`` on the beat where it is largest in size; None without
        `file_seconds`.
    """
    if len(file_seconds) != len(beat_times):
        return None
    change = 100.0 * (np.diff(file_seconds) / np.diff(beat_times) - 1.0)
    return float(change[np.argmax(np.abs(change))])
