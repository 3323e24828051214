"""A diffusion transformer along the frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.plugins.denoisers import DitConfig
from djtrans.plugins.denoisers.full_precision import full_precision
from djtrans.plugins.denoisers.global_embedding import GlobalEmbedding
from djtrans.plugins.denoisers.position import POSITION_CHANNELS, window_position
from djtrans.plugins.denoisers.rotary import rotate

#: Hidden channels of a block's feed-forward part, per channel.
_EXPANSION = 4


class Dit:
    """The architecture; see :class:`DitNetwork`."""

    def __init__(self, config: DitConfig) -> None:
        self.config = config

    def build(self, shape: DenoiserShape) -> DitNetwork:
        """Build a network for the given widths."""
        return DitNetwork(self.config, shape)


class DitNetwork(nn.Module):
    """A token is a frame; its conditioning enters with it, that of the whole through adaLN.

    The blocks are DiT's, with adaLN-zero [1]_: the noise level and the global conditioning shift
    and scale what goes into attention and feed-forward, and gate what comes out, from gates that
    begin closed. Between frames attention knows distances only, by rotary positions [2]_, so the
    length is free; how far through the window a frame is enters with its token.

    Parameters
    ----------
    config : DitConfig
    shape : DenoiserShape

    References
    ----------
    .. [1] W. Peebles, S. Xie, Scalable Diffusion Models with Transformers, ICCV 2023.
    .. [2] J. Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021.
    """

    input_layers: ClassVar[Mapping[str, Sequence[str | int]]] = {
        "enter": ("parameters", "per_frame", POSITION_CHANNELS),
        "whole.conditioning.0": ("global_",),
    }

    def __init__(self, config: DitConfig, shape: DenoiserShape) -> None:
        super().__init__()
        width = config.width
        self.enter = nn.Linear(shape.parameters + shape.per_frame + POSITION_CHANNELS, width)
        self.whole = GlobalEmbedding(shape.global_, width)
        self.blocks = nn.ModuleList(_Block(width, config.heads) for _ in range(config.depth))
        self.norm = _ModulatedNorm(width)
        self.leave = nn.Linear(width, shape.parameters)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x: Tensor, noise_fraction: Tensor, conditioning: Conditioning) -> Tensor:
        """Predict; see :class:`djtrans.core.contracts.denoiser.Denoiser`."""
        mask = conditioning.mask
        position = window_position(x.shape[1], mask, like=x)
        # Under autocast layers return bfloat16; the sum of all blocks has the precision of x.
        tokens = self.enter(torch.cat([x, conditioning.per_frame, position], dim=-1)).to(x.dtype)
        whole = functional.silu(self.whole(noise_fraction, conditioning.global_))
        heard = None if mask is None else rearrange(mask, "b f -> b 1 1 f")
        for block in self.blocks:
            tokens = block(tokens, whole, heard)
        with full_precision(x):
            return self.leave(self.norm(tokens, whole.to(x.dtype)))


class _ModulatedNorm(nn.Module):
    """Layer norm whose shift and scale come from the whole; adaLN."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.modulation = _zero_linear(width, 2 * width)

    def forward(self, tokens: Tensor, whole: Tensor) -> Tensor:
        shift, scale = rearrange(self.modulation(whole), "b (n c) -> n b 1 c", n=2)
        return functional.layer_norm(tokens, tokens.shape[-1:]) * (1.0 + scale) + shift


class _Gated(nn.Module):
    """Modulated norm, a layer, and a gate that begins closed; added to what came in."""

    def __init__(self, width: int, layer: nn.Module) -> None:
        super().__init__()
        self.norm = _ModulatedNorm(width)
        self.layer = layer
        self.gate = _zero_linear(width, width)

    def forward(self, tokens: Tensor, whole: Tensor, *context: Tensor | None) -> Tensor:
        gate = rearrange(self.gate(whole), "b c -> b 1 c")
        return tokens + gate * self.layer(self.norm(tokens, whole), *context)


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        hidden = _EXPANSION * width
        self.attention = _Gated(width, _Attention(width, heads))
        self.feed_forward = _Gated(
            width,
            nn.Sequential(
                nn.Linear(width, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, width)
            ),
        )

    def forward(self, tokens: Tensor, whole: Tensor, heard: Tensor | None) -> Tensor:
        return self.feed_forward(self.attention(tokens, whole, heard), whole)


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)

    def forward(self, tokens: Tensor, heard: Tensor | None) -> Tensor:
        query, key, value = rearrange(
            self.project(tokens), "b f (n h c) -> n b h f c", n=3, h=self.heads
        )
        mixed = functional.scaled_dot_product_attention(
            rotate(query), rotate(key), value, attn_mask=heard
        )
        return self.merge(rearrange(mixed, "b h f c -> b f (h c)"))


def _zero_linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
