"""Time stretching without a change of pitch, and the map from a track's time to a common clock.

The engine is Signalsmith Stretch through python-stretch. docs/separators.md holds what was measured
of it: how far kicks and clicks land from where they belong.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio_checks import check_audio
from djtrans.core.errors import InputError
from djtrans.core.slicing import padded_slice

#: Name and version of the engine, as recorded in parameter files.
ENGINE = f"python-stretch {importlib.metadata.version('python-stretch')}"

#: What the engine does well enough for music; an octave of tempo each way.
MIN_RATIO, MAX_RATIO = 0.5, 2.0
#: Rates closer to 1 than this are 1: a drift of one sample in six hours.
_EQUAL = 1e-9
#: Sound fed before and after what is wanted; the engine's block is 0.12 s.
_CONTEXT_SECONDS = 0.25


def stretch(audio: Tensor, ratio: float, sample_rate: int) -> Tensor:
    """Make audio `ratio` times as long at the same pitch.

    What sounds at time t sounds at ``t * ratio`` afterwards, from the first sample on. The same
    input gives the same output, bit for bit.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    ratio : float
        Length of the output over that of the input, 0.5 to 2.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[channels, round(samples * ratio)]`` float32; the input itself at ratio 1.

    Raises
    ------
    InputError
        If the ratio is out of range.
    """
    check_audio(audio)
    _check_ratio(ratio)
    if abs(ratio - 1.0) < _EQUAL:
        return audio
    return _read_stretched(audio, 0.0, 1.0 / ratio, round(audio.shape[-1] * ratio), sample_rate)


def warp(
    audio: Tensor,
    points: Sequence[tuple[float, float]],
    sample_rate: int,
    start: float,
    stop: float,
) -> Tensor:
    """Lay a track on a clock and return what sounds from clock time `start` to `stop`.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``: the track from its first sample.
    points : sequence of (float, float)
        ``(clock_seconds, track_seconds)``, both increasing; at least two. The line through them
        goes on beyond its ends.
    sample_rate : int
        In Hz, of the audio and of the clock.
    start, stop : float
        Clock times in seconds.

    Returns
    -------
    Tensor
        ``[channels, round(stop * sample_rate) - round(start * sample_rate)]`` float32; zero where
        the track has no sound. At rate 1 it is a slice: the track's very samples, laid on the
        nearest sample of the clock.

    Raises
    ------
    InputError
        If the points don't increase, the rate is out of range, or the rate changes: the engine
        keeps one rate per pass, and passes cannot be joined without a seam.
    """
    check_audio(audio)
    rate = _constant_rate(points)
    first, last = round(start * sample_rate), round(stop * sample_rate)
    if not last > first:
        raise InputError(f"The clock window {start:g} s to {stop:g} s is empty; stop after start.")
    clock, track = points[0]
    if abs(rate - 1.0) < _EQUAL:
        begin = first + round((track - clock) * sample_rate)
        return padded_slice(audio, begin, begin + last - first)
    _check_ratio(1.0 / rate)
    position = track * sample_rate + (first - clock * sample_rate) * rate
    return _read_stretched(audio, position, rate, last - first, sample_rate)


def _read_stretched(
    audio: Tensor, position: float, rate: float, samples: int, sample_rate: int
) -> Tensor:
    """`samples` of output, the first from input sample `position`, `rate` input samples each."""
    from python_stretch.Signalsmith import Stretch

    # Output samples whose input position lies on the track; the rest stays exactly zero.
    lead = max(0, math.ceil(-position / rate))
    trail = math.ceil((audio.shape[-1] - position) / rate)
    begin, end = min(lead, samples), max(min(trail, samples), 0)
    result = torch.zeros(audio.shape[0], samples)
    if end <= begin:
        return result
    context = math.ceil(_CONTEXT_SECONDS * sample_rate)
    source = math.floor(position + begin * rate) - context
    length = math.ceil((end - begin) * rate) + 3 * context
    engine = Stretch(0)
    engine.preset(audio.shape[0], sample_rate)
    engine.setTimeFactor(rate)
    fed = padded_slice(audio, source, source + length).detach().cpu().to(torch.float32)
    out = np.asarray(engine.process(np.ascontiguousarray(fed.numpy())))
    skip = round((position + begin * rate - source) / rate)
    result[:, begin:end] = torch.from_numpy(out[:, skip : skip + end - begin])
    return result.to(audio.device)


def _constant_rate(points: Sequence[tuple[float, float]]) -> float:
    """Track seconds per clock second, the same between all points."""
    line = np.asarray(points, dtype=np.float64)
    if line.ndim != 2 or line.shape[0] < 2 or line.shape[1] != 2 or not np.isfinite(line).all():
        raise InputError(
            f"Time map {points!r} is not allowed; give at least two finite points "
            f"(clock_seconds, track_seconds)."
        )
    steps = np.diff(line, axis=0)
    if not (steps > 0).all():
        raise InputError(f"Time map {points!r} must increase in clock and in track time.")
    rate = float((line[-1, 1] - line[0, 1]) / (line[-1, 0] - line[0, 0]))
    # Compared as positions, not slopes: a short step between rounded points has a noisy slope.
    straight = line[0, 1] + (line[:, 0] - line[0, 0]) * rate
    if np.abs(straight - line[:, 1]).max() > 1e-6:
        slopes = steps[:, 1] / steps[:, 0]
        raise InputError(
            f"The time map changes its rate ({slopes.min():.4g} to {slopes.max():.4g}); "
            f"only a constant rate can be stretched: give two points."
        )
    return rate


def _check_ratio(ratio: float) -> None:
    if not (math.isfinite(ratio) and MIN_RATIO <= ratio <= MAX_RATIO):
        raise InputError(
            f"Stretch ratio {ratio:.6g} is out of range; give {MIN_RATIO:g} to {MAX_RATIO:g}."
        )
