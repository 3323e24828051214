"""Rotary positions."""

from __future__ import annotations

import torch
from torch import Tensor

#: Longest wavelength, in frames, over 2 pi.
_BASE = 10000.0


def rotate(x: Tensor) -> Tensor:
    """Turn pairs of channels by angles that grow with the frame, equation 34 of [1]_.

    The product of two rotated vectors depends on the distance of their frames and on no position.

    Parameters
    ----------
    x : Tensor
        ``[..., frames, channels]``, an even number of channels.

    References
    ----------
    .. [1] J. Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021.
    """
    frames, channels = x.shape[-2:]
    half = channels // 2
    rates = _BASE ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = torch.arange(frames, device=x.device, dtype=torch.float32)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
