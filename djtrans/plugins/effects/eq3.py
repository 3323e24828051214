"""The three-band isolator."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from djtrans.core.contracts import RenderContext
from djtrans.plugins.effects import Eq3Config
from djtrans.plugins.effects.filters import warp


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
        """``[2, bins]``: weights of the low and the high band; the mid band has the rest."""
        known = self._weights
        if known is not None and known[0] is freqs_hz and known[1] == sample_rate:
            return known[2]
        c = self.config
        at = warp(freqs_hz.double(), sample_rate)
        low, high = (
            (at / warp(at.new_tensor(hz), sample_rate)) ** c.order
            for hz in (c.low_crossover_hz, c.high_crossover_hz)
        )
        found = torch.stack([1 / (1 + low), 1 - 1 / (1 + high)]).to(freqs_hz.dtype)
        self._weights = (freqs_hz, sample_rate, found)
        return found

    def mask(
        self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext
    ) -> Tensor:
        """``[batch, frames, bins]``: exactly 1 where all gains are 1, exactly 0 where all are 0."""
        low, mid, high = curves["low"], curves["mid"], curves["high"]
        # Against the mid band, so that equal gains give exactly that gain at every frequency.
        against_mid = torch.stack([low - mid, high - mid], dim=-1)
        tilt = against_mid @ self.weights(freqs_hz, ctx.sample_rate)
        return (tilt + mid.unsqueeze(-1)).clamp(min=0.0)
