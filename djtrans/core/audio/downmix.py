"""Mix surround sound down to stereo."""

from __future__ import annotations

import math
import shlex
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.validation import check_finite
from djtrans.core.errors import AudioFileError

# ITU-R BS.775 downmix weights of each channel to (left, right), channels in WAV order.
_HALF_POWER = math.sqrt(0.5)
_LEFT, _RIGHT, _CENTRE, _LFE = (1.0, 0.0), (0.0, 1.0), (_HALF_POWER, _HALF_POWER), (0.0, 0.0)
_SIDE_L, _SIDE_R = (_HALF_POWER, 0.0), (0.0, _HALF_POWER)
_DOWNMIX = {
    3: (_LEFT, _RIGHT, _CENTRE),
    4: (_LEFT, _RIGHT, _SIDE_L, _SIDE_R),
    5: (_LEFT, _RIGHT, _CENTRE, _SIDE_L, _SIDE_R),
    6: (_LEFT, _RIGHT, _CENTRE, _LFE, _SIDE_L, _SIDE_R),
    8: (_LEFT, _RIGHT, _CENTRE, _LFE, _SIDE_L, _SIDE_R, _SIDE_L, _SIDE_R),
}


def to_stereo(samples: np.ndarray, file: Path) -> Tensor:
    """Convert ``[samples, channels]`` of a file to ``[channels, samples]`` of at most two channels.

    Raises
    ------
    AudioFileError
        If samples are not finite, or the layout of the channels is unknown.
    """
    audio = torch.from_numpy(np.ascontiguousarray(samples.T))
    check_finite(audio, str(file))
    channels = audio.shape[0]
    if channels <= 2:
        return audio
    if channels not in _DOWNMIX:
        raise AudioFileError(
            f"{file} has {channels} channels in an unknown layout; mix it down with: "
            f"ffmpeg -i {shlex.quote(str(file))} -ac 2 stereo.wav"
        )
    weights = torch.tensor(_DOWNMIX[channels]).T
    weights = weights / weights.sum(dim=1, keepdim=True)
    warnings.warn(f"{file} has {channels} channels; mixed down to stereo.", stacklevel=4)
    return weights @ audio
