"""What holds for a whole transition: the noise level and the global conditioning."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Sines and cosines of the noise fraction: so many frequencies, up to so many radians at 1.
_FREQUENCIES, _HIGHEST = 64, 1000.0


class WholeEmbedding(nn.Module):
    """One vector from the noise fraction and the global conditioning.

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
        self.layers = nn.Sequential(
            nn.Linear(2 * _FREQUENCIES + global_, width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, noise_fraction: Tensor, global_: Tensor) -> Tensor:
        """``[batch, width]`` from ``[batch]`` and ``[batch, global_]``."""
        angles = noise_fraction[:, None] * self.frequencies
        return self.layers(torch.cat([angles.sin(), angles.cos(), global_], dim=-1))
