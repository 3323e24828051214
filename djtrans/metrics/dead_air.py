"""Stretches of near silence within the mix."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.metrics.loudness import (
    ABSOLUTE_GATE_LUFS,
    gated_loudness_of_power,
    loudness_power,
    to_lufs,
)
from djtrans.metrics.runs import longest_run_ms

#: Dead air is this far under the integrated loudness of the mix.
BELOW_LU = 25.0
_WINDOW_SECONDS, _HOP_SECONDS = 0.1, 0.01


def dead_air_ms(mix: FloatArray, sample_rate: int) -> float:
    """Measure the longest stretch of near silence between the first and the last sound.

    Parameters
    ----------
    mix : ndarray
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        Milliseconds during which the loudness of 0.1 s stays more than 25 LU under the integrated
        loudness of the mix; 0 for a silent mix. What precedes the first and follows the last sound
        does not count: tracks may begin and end in silence.
    """
    return dead_air_of_power(loudness_power(mix, sample_rate), sample_rate)


def dead_air_of_power(power: FloatArray, sample_rate: int) -> float:
    """Measure :func:`dead_air_ms` from :func:`~djtrans.metrics.loudness.loudness_power`."""
    loudness = gated_loudness_of_power(power, sample_rate)
    if loudness <= ABSOLUTE_GATE_LUFS:
        return 0.0
    width, hop = (round(s * sample_rate) for s in (_WINDOW_SECONDS, _HOP_SECONDS))
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(power) - width + 1), hop)
    stops = np.minimum(starts + width, len(power))
    quiet = to_lufs((total[stops] - total[starts]) / width) < loudness - BELOW_LU
    sounding = np.flatnonzero(~quiet)
    if not len(sounding):
        return 0.0
    inner = quiet[sounding[0] : sounding[-1] + 1]
    return longest_run_ms(inner, hop, width, sample_rate)
