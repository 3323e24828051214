"""A U-Net of convolutions along the frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.plugins.denoisers import Unet1dConfig
from djtrans.plugins.denoisers.full_precision import full_precision
from djtrans.plugins.denoisers.global_embedding import GlobalEmbedding
from djtrans.plugins.denoisers.position import POSITION_CHANNELS, window_position

#: Channels of the vector that carries the noise level and the global conditioning.
_WHOLE = 128


class Unet1d:
    """The architecture; see :class:`Unet1dNetwork`."""

    def __init__(self, config: Unet1dConfig) -> None:
        self.config = config

    def build(self, shape: DenoiserShape) -> Unet1dNetwork:
        """Build a network for the given widths."""
        return Unet1dNetwork(self.config, shape)


class Unet1dNetwork(nn.Module):
    """Residual blocks at falling and rising resolution, with skips between equals [1]_.

    Conditioning of a frame, and how far through the window it is, enter with it; noise level and
    global conditioning shift and scale within each block. Any length is filled up with empty
    frames to a multiple of the coarsest one, and cut afterwards. Empty frames, and those outside
    the mask, are zero before every convolution, so that they say nothing.

    Parameters
    ----------
    config : Unet1dConfig
    shape : DenoiserShape

    References
    ----------
    .. [1] O. Ronneberger, P. Fischer, T. Brox, U-Net: Convolutional Networks for Biomedical Image
       Segmentation, MICCAI 2015.
    """

    input_layers: ClassVar[Mapping[str, Sequence[str | int]]] = {
        "enter": ("parameters", "per_frame", POSITION_CHANNELS),
        "whole.conditioning.0": ("global_",),
    }

    def __init__(self, config: Unet1dConfig, shape: DenoiserShape) -> None:
        super().__init__()
        channels = config.channels
        self.whole = GlobalEmbedding(shape.global_, _WHOLE)
        self.enter = _Convolution(
            shape.parameters + shape.per_frame + POSITION_CHANNELS, channels[0]
        )
        self.down = nn.ModuleList(_Stage(width, config.blocks) for width in channels)
        self.coarser = nn.ModuleList(
            _Convolution(fine, coarse, size=2, stride=2) for fine, coarse in pairwise(channels)
        )
        self.finer = nn.ModuleList(
            _Convolution(coarse, fine) for fine, coarse in pairwise(channels)
        )
        self.up = nn.ModuleList(_Stage(width, config.blocks) for width in channels[:-1])
        self.leave = _zeroed(_Convolution(channels[0], shape.parameters))

    def forward(self, x: Tensor, noise_fraction: Tensor, conditioning: Conditioning) -> Tensor:
        """Predict; see :class:`djtrans.core.contracts.denoiser.Denoiser`."""
        frames = x.shape[1]
        whole = functional.silu(self.whole(noise_fraction, conditioning.global_))
        mask = conditioning.mask
        if mask is None:
            mask = x.new_ones(x.shape[:2], dtype=torch.bool)
        missing = -frames % 2 ** len(self.coarser)
        masks = _masks(functional.pad(mask, (0, missing)), len(self.down), x.dtype)

        position = window_position(frames, conditioning.mask, like=x)
        told = torch.cat([x, conditioning.per_frame, position], dim=-1)
        told = functional.pad(rearrange(told, "b f c -> b c f"), (0, missing))
        # Under autocast layers return bfloat16; the sums of residuals have the precision of x.
        hidden = self.enter(told, masks[0]).to(x.dtype)
        skips = []
        for level, stage in enumerate(self.down):
            hidden = stage(hidden, whole, masks[level])
            if level < len(self.coarser):
                skips.append(hidden)
                hidden = self.coarser[level](hidden, masks[level]).to(x.dtype)
        for level in reversed(range(len(self.up))):
            wide = hidden.repeat_interleave(2, dim=-1)
            hidden = skips[level] + self.finer[level](wide, masks[level])
            hidden = self.up[level](hidden, whole, masks[level])
        with full_precision(x):
            return rearrange(self.leave(hidden, masks[0])[..., :frames], "b c f -> b f c")


class _Convolution(nn.Conv1d):
    """Convolution that ignores frames outside the mask ``[batch, 1, frames]``."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> None:
        super().__init__(inputs, outputs, size, stride, padding=size // 2 if stride == 1 else 0)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x * mask)


class _Block(nn.Module):
    """Two convolutions, the first after a norm that the whole shifts and scales."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(_WHOLE, 2 * width)
        self.first = _Convolution(width, width)
        self.second = _zeroed(_Convolution(width, width))

    def forward(self, x: Tensor, whole: Tensor, mask: Tensor) -> Tensor:
        shift, scale = rearrange(self.modulation(whole), "b (n c) -> n b c 1", n=2)
        hidden = self.first(functional.silu(_norm(x) * (1.0 + scale) + shift), mask)
        return x + self.second(functional.silu(_norm(hidden)), mask)


class _Stage(nn.ModuleList):
    """The blocks of one resolution."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__(_Block(width) for _ in range(blocks))

    def forward(self, x: Tensor, whole: Tensor, mask: Tensor) -> Tensor:
        for block in self:
            x = block(x, whole, mask)
        return x


def _norm(x: Tensor) -> Tensor:
    """Layer norm of each frame, so that no frame's norm depends on the length."""
    return functional.layer_norm(x.mT, x.shape[1:2]).mT


def _masks(mask: Tensor, count: int, dtype: torch.dtype) -> Sequence[Tensor]:
    """Compute the mask ``[batch, 1, frames]`` at each resolution."""
    masks = [mask[:, None].to(dtype)]
    for _ in range(count - 1):
        masks.append(functional.max_pool1d(masks[-1], 2))
    return masks


def _zeroed(layer: _Convolution) -> _Convolution:
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
