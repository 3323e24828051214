"""Vocal activity per bar, estimated from the mix.

Three features of each bar are combined by a logistic regression: the frequency of parallel partial
glides, the pitch motion in the range of the voice, and the fraction of that range in the centre of
the stereo field. ``benchmarks/content.py`` fitted it to synthetic tracks and to a synthetic voice
over real music; ``docs/analysis.md`` reports its accuracy on other material.
"""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import scipy.signal
from numpy.typing import NDArray

from djtrans.core.audio.polarity import channel_signs
from djtrans.plugins.analyzers.partials import partials_move_together
from djtrans.plugins.analyzers.pitch_motion import pitch_motion
from djtrans.plugins.analyzers.signals import ComputedSignal, Signal, downsampled, peak, stored

#: Minimum sample rate of the downsampled audio, and time between frames.
_RATE, _HOP_SECONDS = 11025, 0.02
#: Frequency range in which mid and side are compared.
_LOW_HZ, _HIGH_HZ = 400.0, 3400.0
#: Peak of a channel, relative to the other, below which it is silent.
_SILENT_CHANNEL = 1e-3
#: Added before the logarithm, which is thus finite for a feature of 0.
_LOG_OFFSET = 0.02
#: Vocals rarely last for one bar only: neighbours have half the weight of the bar.
_SMOOTHING = np.array([0.25, 0.5, 0.25])


@attrs.frozen
class Weights:
    """Weights of the logistic regression: mean, deviation and weight of each log feature; bias."""

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
    """Estimate the vocal activity of each bar.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``.
    sample_rate : int
        Sample rate in Hz.
    bar_times : ndarray
        ``[bars + 1]`` seconds: the start of each bar and the end of the last.

    Returns
    -------
    ndarray of float64
        ``[bars]``, probability of vocals, for a prior of one half.
    """
    return likelihood(vocal_features(audio, sample_rate, bar_times))


def likelihood(features: NDArray[np.float64], weights: Weights = WEIGHTS) -> NDArray[np.float64]:
    """Compute the probability of vocals ``[bars]`` from the features ``[bars, 3]``."""
    score = (log_features(features) - weights.mean) / weights.spread
    # A mono file has no centre feature.
    score = np.where(np.isfinite(score), score, 0.0) @ np.array(weights.weight) + weights.bias
    score = np.convolve(np.pad(score, 1, mode="edge"), _SMOOTHING, mode="valid")
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-score))
    return result


def log_features(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the logarithms of the features."""
    return np.log(features + _LOG_OFFSET)


def vocal_features(
    audio: NDArray[np.float32], sample_rate: int, bar_times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the features of each bar, ``[bars, 3]``, 0 to 1; NaN for the centre of mono."""
    factor = max(1, int(sample_rate // _RATE))
    # Each is read several times.
    middle, side = (stored(downsampled(signal, factor)) for signal in _mid_side(audio))
    rate = sample_rate / factor
    hop = round(_HOP_SECONDS * rate)
    together = partials_move_together(middle, rate, hop).astype(np.float64)
    motion = np.repeat(pitch_motion(middle, rate, hop), 2)
    frames = np.round(bar_times * rate / hop).astype(np.int64)
    return np.stack(
        [
            _means(together, frames),
            _means(motion, frames),
            _centredness(middle, side, rate, bar_times),
        ],
        axis=1,
    )


def _mid_side(audio: NDArray[np.float32]) -> tuple[Signal, Signal]:
    """Return the centre and the side; a silent or inverted channel is no position in stereo."""
    samples = audio.shape[1]
    silence = ComputedSignal(samples, lambda start, stop: np.zeros(stop - start, np.float32))
    left, right = audio[0], audio[-1]
    if len(audio) == 1:
        return left, silence
    peaks = [peak(left), peak(right)]
    if min(peaks) < _SILENT_CHANNEL * max(peaks):
        return (left if peaks[0] > peaks[1] else right), silence
    mid = ComputedSignal(samples, lambda i, j: np.float32(0.5) * (left[i:j] + right[i:j]))
    side = ComputedSignal(samples, lambda i, j: np.float32(0.5) * (left[i:j] - right[i:j]))
    return (side, mid) if channel_signs(audio)[-1] < 0.0 else (mid, side)


def _means(values: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.concatenate([[0.0], np.cumsum(values)])
    inside = np.clip(edges, 0, len(values))
    mean: NDArray[np.float64] = np.diff(total[inside]) / np.maximum(np.diff(inside), 1)
    return mean


def _centredness(
    middle: Signal,
    side: Signal,
    rate: float,
    bar_times: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute the excess of mid over side power in the range of the voice, 0 to 1."""
    if peak(side) < 1e-4 * peak(middle):
        return np.full(len(bar_times) - 1, np.nan)
    band = scipy.signal.butter(4, (_LOW_HZ, _HIGH_HZ), "bandpass", fs=rate, output="sos")
    edges = np.clip(np.round(bar_times * rate), 0, len(middle)).astype(np.int64)
    powers = []
    for signal in (middle, side):
        state = np.zeros((len(band), 2))
        sums = []
        for a, b in pairwise([0, *edges]):
            filtered = np.zeros(0)
            if b > a:
                filtered, state = scipy.signal.sosfilt(band, signal[a:b], zi=state)
            sums.append(float(np.sum(filtered**2)))
        powers.append(sums[1:])
    power = np.array(powers)
    share: NDArray[np.float64] = (power[0] - power[1]) / np.maximum(power.sum(axis=0), 1e-12)
    return np.maximum(share, 0.0)
