"""Three-band isolator (DJ equalizer with full kill)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import Eq3Config
from djtrans.plugins.effects.filters import warp

#: Weights are multiples of this (-132 dB), so that their sums are exact in any order.
GRAIN = 2.0**-22


class Eq3:
    """Gains of three bands that are a partition of unity.

    The weights are Linkwitz-Riley magnitudes, ``low = 1 / (1 + (f/f1)^n)``, ``high = 1 / (1 +
    (f2/f)^n)`` and ``mid = 1 - low - high``, which is never negative since f1 < f2. Frequencies are
    warped as by the bilinear transform, so a band equals the digital crossover of the same order.

    References
    ----------
    .. [1] S. Linkwitz, "Active crossover networks for noncoincident drivers", JAES 24(1), 1976.
    """

    def __init__(self, config: Eq3Config | None = None) -> None:
        self.config = config if config is not None else Eq3Config()
        self._weights: tuple[Tensor, int, Tensor] | None = None

    def weights(self, freqs_hz: Tensor, sample_rate: int) -> Tensor:
        """Compute the weights of low, mid and high, ``[3, bins]``; they sum to exactly 1."""
        known = self._weights
        if known is not None and known[0] is freqs_hz and known[1] == sample_rate:
            return known[2]
        c = self.config
        at = warp(freqs_hz.double(), sample_rate)
        first, second = (
            (at / warp(at.new_tensor(hz), sample_rate)) ** c.order
            for hz in (c.low_crossover_hz, c.high_crossover_hz)
        )
        # Rounded down, or the mid band could end up one grain below 0.
        low = (1 / (1 + first) / GRAIN).floor() * GRAIN
        high = ((1 - 1 / (1 + second)) / GRAIN).floor() * GRAIN
        # A bin that lies wholly in one band has weight 0 in the others.
        low = torch.where(low >= 1 - 2 * GRAIN, torch.ones_like(low), low)
        high = torch.where(low == 1, torch.zeros_like(high), high)
        found = torch.stack([low, 1 - low - high, high]).to(freqs_hz.dtype)
        self._weights = (freqs_hz, sample_rate, found)
        return found

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        """Compute the mask ``[batch, frames, bins]``: exactly 1 (0) where all gains are 1 (0)."""
        gains = torch.stack([curves["low"], curves["mid"], curves["high"]], dim=-1)
        weights = self.weights(freqs_hz, ctx.sample_rate)
        if torch.is_grad_enabled() and gains.requires_grad:
            return gains @ weights
        low, mid, high = gains.unsqueeze(-2).unbind(-1)  # faster than a product so narrow
        return (low * weights[0]).addcmul_(mid, weights[1]).addcmul_(high, weights[2])
