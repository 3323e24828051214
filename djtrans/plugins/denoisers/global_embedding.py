"""Embedding of the noise level and the global conditioning."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Sines and cosines of the noise fraction: so many frequencies, up to so many radians at 1.
_FREQUENCIES, _HIGHEST = 64, 1000.0


class GlobalEmbedding(nn.Module):
    """One vector from the noise fraction and the global conditioning.

    Each has layers of its own, and the results are added: side by side in one layer, the many
    waves of the noise fraction would drown a few channels of conditioning.

    Parameters
    ----------
    global_ : int
        Channels of the global conditioning, 0 or more.
    width : int
        Length of the vector.
    """

    frequencies: Tensor

    def __init__(self, global_: int, width: int) -> None:
        super().__init__()
        exponents = torch.linspace(0.0, math.log(_HIGHEST), _FREQUENCIES)
        self.register_buffer("frequencies", exponents.exp(), persistent=False)
        self.level = _two_layers(2 * _FREQUENCIES, width)
        self.conditioning = _two_layers(global_, width) if global_ else None

    def forward(self, noise_fraction: Tensor, global_: Tensor) -> Tensor:
        """``[batch, width]`` from ``[batch]`` and ``[batch, global_]``."""
        angles = noise_fraction[:, None] * self.frequencies
        whole = self.level(torch.cat([angles.sin(), angles.cos()], dim=-1))
        return whole if self.conditioning is None else whole + self.conditioning(global_)


def _two_layers(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, width))
