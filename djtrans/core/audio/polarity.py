"""Mix channels to mono for measuring, without cancellation of channels in opposite phase.

In a track whose channels have opposite polarity, the mean of the channels is silent although both
play. Every measurement that takes one signal from several channels mixes them here.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_Audio = TypeVar("_Audio", Tensor, NDArray[Any])

#: Correlation of a channel with the first, below which its polarity is opposite. The difference of
#: two equally loud channels then has three times the power of their sum.
OPPOSITE = -0.5


def channel_signs(audio: Tensor | NDArray[Any]) -> tuple[float, ...]:
    """Compute the polarity of each channel relative to the first.

    Parameters
    ----------
    audio : Tensor or ndarray
        ``[channels, samples]``.

    Returns
    -------
    tuple of float
        1 for each channel, or -1 for one whose correlation with the first is below
        :data:`OPPOSITE`; channels of different level correlate less.

    Examples
    --------
    >>> import numpy as np
    >>> wave = np.sin(np.arange(1000.0))
    >>> channel_signs(np.stack([wave, wave])), channel_signs(np.stack([wave, -0.8 * wave]))
    ((1.0, 1.0), (1.0, -1.0))
    """
    samples = audio.detach().cpu().numpy() if isinstance(audio, Tensor) else audio
    powers = [float(np.dot(x, x)) for x in samples]
    products = [float(np.dot(samples[0], x)) for x in samples]
    return tuple(
        -1.0 if product < OPPOSITE * 0.5 * (powers[0] + power) else 1.0
        for product, power in zip(products, powers, strict=True)
    )


def in_phase(audio: _Audio, signs: tuple[float, ...] | None = None) -> _Audio:
    """Invert the channels of opposite polarity; return the audio itself if there are none.

    Parameters
    ----------
    audio : Tensor or ndarray
        ``[..., channels, samples]``.
    signs : tuple of float, optional
        Of :func:`channel_signs`; by default of `audio`, which then is ``[channels, samples]``.
    """
    signs = channel_signs(audio) if signs is None else signs
    if min(signs, default=1.0) > 0.0:
        return audio
    if isinstance(audio, Tensor):
        return audio * torch.tensor(signs).to(audio)[:, None]
    return audio * np.asarray(signs, dtype=audio.dtype)[:, None]


def to_mono(audio: _Audio, signs: tuple[float, ...] | None = None) -> _Audio:
    """Average the channels, those of opposite polarity inverted.

    Parameters
    ----------
    audio : Tensor or ndarray
        ``[..., channels, samples]``.
    signs : tuple of float, optional
        Of :func:`channel_signs`; by default of `audio`, which then is ``[channels, samples]``.

    Returns
    -------
    Tensor or ndarray
        ``[..., 1, samples]``: the mean of the channels unless some are of opposite polarity.

    Examples
    --------
    >>> import numpy as np
    >>> to_mono(np.array([[0.5, -1.0], [-0.5, 1.0]]))
    array([[ 0.5, -1. ]])
    """
    mono = in_phase(audio, signs)
    if isinstance(mono, Tensor):
        return mono.mean(dim=-2, keepdim=True)
    return np.asarray(mono.mean(axis=-2, keepdims=True))
