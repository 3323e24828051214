"""Position of a frame relative to the ends of its window."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Channels of a position: half waves that fit into the window once, twice ...
POSITION_CHANNELS = 8


def window_position(frames: int, mask: Tensor | None, like: Tensor) -> Tensor:
    r"""Cosines :math:`\cos \pi k u`, k from 1, of how far through its window a frame is.

    A transition begins with A alone and ends with B alone, whatever its length; relative
    positions cannot tell these ends.

    Parameters
    ----------
    frames : int
    mask : Tensor or None
        ``[batch, frames]`` bool; a window ends with the last frame inside it.
    like : Tensor
        ``[batch, ...]``, whose batch, dtype and device it takes.

    Returns
    -------
    Tensor
        ``[batch, frames, POSITION_CHANNELS]``, -1 to 1.
    """
    index = torch.arange(frames, device=like.device, dtype=torch.float32)
    if mask is None:
        last = index.new_full((len(like), 1), frames - 1)
    else:
        last = mask.sum(dim=1, keepdim=True) - 1.0
    through = (index / last.clamp(min=1.0)).clamp(max=1.0)
    waves = torch.arange(1, POSITION_CHANNELS + 1, device=like.device)
    return torch.cos(math.pi * through[..., None] * waves).to(like.dtype)
