"""Excess of the mix's low end over the louder track's own."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.metrics.bass_overlap import PRESENT_DB, beat_levels_db


def low_end_excess_db(
    mix: FloatArray,
    solo_a: FloatArray,
    solo_b: FloatArray,
    sample_rate: int,
    beat_times: FloatArray,
) -> float | None:
    """Measure the low end's excess over the louder track's own on the worst beat.

    Parameters
    ----------
    mix, solo_a, solo_b : ndarray
        ``[channels, samples]``: the mix, and both tracks untouched at their level in it.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds.

    Returns
    -------
    float or None
        In dB, RMS from 30 to 150 Hz per beat. Two equal basses give 3 (independent) to 6 (in
        phase). A beat on which neither track has low end is held against the louder track's usual
        (90th percentile) less 10 dB, so that a rest is no standard. None if neither has any at all.
    """
    levels = [beat_levels_db(x, sample_rate, beat_times) for x in (mix, solo_a, solo_b)]
    return low_end_excess_of_levels(*levels)


def low_end_excess_of_levels(
    mix_db: FloatArray, solo_a_db: FloatArray, solo_b_db: FloatArray
) -> float | None:
    """:func:`low_end_excess_db` of beat levels, each ``[beats]`` in dB."""
    louder = np.maximum(solo_a_db, solo_b_db)
    usual = float(np.percentile(louder, 90))
    if usual < AUDIBLE_DBFS:
        return None
    return float((mix_db - np.maximum(louder, usual - PRESENT_DB)).max())
