"""Loudness as the metrics need it: fast, and in windows that are beats.

The same weighting as :mod:`djtrans.core.audio.loudness`, without its delay.
"""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.decibels import power_to_db
from djtrans.core.audio.filters import filtered, k_weighting, spectrum_of
from djtrans.core.audio.loudness import playback_power

#: The absolute gate of BS.1770: what is below it is silence.
ABSOLUTE_GATE_LUFS = -70.0
_GATE_SECONDS, _GATE_HOP_SECONDS = 0.4, 0.1
_GATE_RELATIVE = -10.0


def loudness_power(audio: FloatArray, sample_rate: int) -> FloatArray:
    """K-weighted power on two loudspeakers; its mean over time is a loudness.

    Parameters
    ----------
    audio : ndarray
        ``[..., channels, samples]``.
    sample_rate : int

    Returns
    -------
    ndarray
        ``[..., samples]``.
    """
    gain = k_weighting(sample_rate)
    weighted, _ = filtered(spectrum_of(audio), audio.shape[-1], sample_rate, gain)
    return playback_power(weighted)


def to_lufs(power: FloatArray) -> FloatArray:
    """Convert a mean K-weighted power to LUFS, at least -120."""
    return np.asarray(-0.691 + power_to_db(power, amin=1e-12))


def gated_loudness(audio: FloatArray, sample_rate: int) -> float:
    """Integrated loudness (BS.1770: both gates) in LUFS, -70 or more."""
    return gated_loudness_of_power(loudness_power(audio, sample_rate), sample_rate)


def gated_loudness_of_power(power: FloatArray, sample_rate: int) -> float:
    """Compute :func:`gated_loudness` from :func:`loudness_power`, ``[samples]``."""
    width, hop = (round(s * sample_rate) for s in (_GATE_SECONDS, _GATE_HOP_SECONDS))
    width = min(width, len(power))
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - width + 1, hop)
    blocks = (total[starts + width] - total[starts]) / width
    for gate in (ABSOLUTE_GATE_LUFS, None):
        least = gate if gate is not None else float(to_lufs(blocks.mean())) + _GATE_RELATIVE
        blocks = blocks[to_lufs(blocks) > least]
        if not len(blocks):
            return ABSOLUTE_GATE_LUFS
    return float(to_lufs(blocks.mean()))
