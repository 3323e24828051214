"""How likely somebody sings in a bar, from the mix alone.

Three things are measured in each bar: how often many partials glide together, how much of the
voice's range moves in pitch, and how much of that range lies in the middle of the stereo field. A
logistic regression weighs them. It was fitted by ``benchmarks/content.py`` to synthetic tracks and
to a synthetic voice over real music; ``docs/analysis.md`` says how well it does on others.
"""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import scipy.signal
from numpy.typing import NDArray

from djtrans.plugins.analyzers.partials import partials_move_together
from djtrans.plugins.analyzers.pitch_motion import pitch_motion

#: Rate to which the audio is brought at least, and time between frames.
_RATE, _HOP_SECONDS = 11025, 0.02
#: The range in which the middle is compared with the sides.
_LOW_HZ, _HIGH_HZ = 400.0, 3400.0
#: Added before the logarithm is taken, so that a bar without any is not infinitely far off.
_LEAST = 0.02
#: A line is rarely one bar long: neighbours count half as much as the bar itself.
_SMOOTHING = np.array([0.25, 0.5, 0.25])


@attrs.frozen
class Weights:
    """Mean, deviation and weight of each feature's logarithm, and the bias."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float


WEIGHTS = Weights(
    mean=(-2.573, -2.333, -0.373),
    spread=(0.957, 0.534, 0.334),
    weight=(1.282, 0.765, 1.076),
    bias=-0.192,
)


def bar_vocals(
    audio: NDArray[np.float32], sample_rate: int, bar_times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Likelihood of vocals in each bar.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    bar_times : ndarray
        ``[bars + 1]`` seconds: where each bar starts and the last one ends.

    Returns
    -------
    ndarray of float64
        ``[bars]``, 0 to 1. One half means that it is as likely as not, where half of all bars are
        sung.
    """
    return likelihood(vocal_features(audio, sample_rate, bar_times))


def likelihood(features: NDArray[np.float64], weights: Weights = WEIGHTS) -> NDArray[np.float64]:
    """Likelihood of vocals in consecutive bars, ``[bars]``, from their features ``[bars, 3]``."""
    score = (log_features(features) - weights.mean) / weights.spread
    # A mono file says nothing of the middle.
    score = np.where(np.isfinite(score), score, 0.0) @ np.array(weights.weight) + weights.bias
    score = np.convolve(np.pad(score, 1, mode="edge"), _SMOOTHING, mode="valid")
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-score))
    return result


def log_features(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is weighed: logarithms."""
    return np.log(features + _LEAST)


def vocal_features(
    audio: NDArray[np.float32], sample_rate: int, bar_times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The features of each bar, ``[bars, 3]``, each 0 to 1; NaN for the middle of a mono file."""
    factor = max(1, int(sample_rate // _RATE))
    left, right = audio[0], audio[-1]
    middle = _slower(0.5 * (left + right), factor)
    rate = sample_rate / factor
    hop = round(_HOP_SECONDS * rate)
    together = partials_move_together(middle, rate, hop).astype(np.float64)
    motion = np.repeat(pitch_motion(middle, rate, hop), 2)
    frames = np.round(bar_times * rate / hop).astype(np.int64)
    side = _slower(0.5 * (left - right), factor)
    return np.stack(
        [
            _means(together, frames),
            _means(motion, frames),
            _centredness(middle, side, rate, bar_times),
        ],
        axis=1,
    )


def _slower(signal: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    slower: NDArray[np.float32] = scipy.signal.resample_poly(signal, 1, factor)
    return slower.astype(np.float32)


def _means(values: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.concatenate([[0.0], np.cumsum(values)])
    inside = np.clip(edges, 0, len(values))
    mean: NDArray[np.float64] = np.diff(total[inside]) / np.maximum(np.diff(inside), 1)
    return mean


def _centredness(
    middle: NDArray[np.float32],
    side: NDArray[np.float32],
    rate: float,
    bar_times: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How far the middle outweighs the sides in the voice's range, of both, 0 to 1."""
    if np.abs(side).max(initial=0.0) < 1e-4 * np.abs(middle).max(initial=0.0):
        return np.full(len(bar_times) - 1, np.nan)
    band = scipy.signal.butter(4, (_LOW_HZ, _HIGH_HZ), "bandpass", fs=rate, output="sos")
    edges = np.clip(np.round(bar_times * rate), 0, len(middle)).astype(np.int64)
    powers = []
    for signal in (middle, side):
        heard = scipy.signal.sosfilt(band, signal)
        powers.append([float(np.sum(heard[a:b] ** 2)) for a, b in pairwise(edges)])
    power = np.array(powers)
    share: NDArray[np.float64] = (power[0] - power[1]) / np.maximum(power.sum(axis=0), 1e-12)
    return np.maximum(share, 0.0)
