"""Time stretch without a change of pitch.

The engine is Signalsmith Stretch through python-stretch. docs/time-axis.md has measurements of
its timing errors for kicks and clicks.
"""

from __future__ import annotations

import importlib.metadata
import math

import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError

#: Name and version of the engine, as recorded in parameter files.
ENGINE = f"python-stretch {importlib.metadata.version('python-stretch')}"

#: Range in which the engine's quality is sufficient for music.
MIN_RATIO, MAX_RATIO = 0.5, 2.0
#: Largest difference from 1 of a rate that counts as 1: a drift of one sample in six hours.
_EQUAL = 1e-9
#: Context fed before and after the output; the engine's block is 0.12 s.
_CONTEXT_SECONDS = 0.25


def stretch(audio: Tensor, ratio: float, sample_rate: int) -> Tensor:
    """Time-stretch audio without changing its pitch.

    Time t of the input is time ``t * ratio`` of the output. The result is deterministic, bit for
    bit.

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
    if is_unity(ratio):
        return audio
    return read(audio, 0.0, 1.0 / ratio, round(audio.shape[-1] * ratio), sample_rate)


def is_unity(rate: float) -> bool:
    """Return True if a rate is 1 within rounding."""
    return abs(rate - 1.0) < _EQUAL


def read(
    audio: Tensor,
    position: float,
    rate: float,
    samples: int,
    sample_rate: int,
) -> Tensor:
    """Stretch part of a signal in one pass of the engine.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    position : float
        Input sample at which the output starts; may be outside of the audio.
    rate : float
        Input samples per output sample.
    samples : int
        Length of the output.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[channels, samples]`` float32; zero beyond the ends of the input.

    Raises
    ------
    InputError
        If the rate is out of range.
    """
    _check_ratio(1.0 / rate)
    from python_stretch.Signalsmith import Stretch

    # Output samples whose input position is within the track; the others stay exactly zero.
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


def _check_ratio(ratio: float) -> None:
    if not (math.isfinite(ratio) and MIN_RATIO <= ratio <= MAX_RATIO):
        raise InputError(
            f"Stretch ratio {ratio:.6g} is out of range; give {MIN_RATIO:g} to {MAX_RATIO:g}."
        )
