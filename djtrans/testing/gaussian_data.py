"""Gaussian data with an exact denoiser, the ground truth of the rules for schedulers."""

from __future__ import annotations

import attrs
from torch import Tensor

from djtrans.core.contracts.scheduler import Level


@attrs.frozen(eq=False)
class GaussianData:
    """Distribution of clean curves with independent Gaussian values.

    Attributes
    ----------
    mean, deviation : Tensor
        ``[batch, frames, parameters]``; the deviation is above 0.
    """

    mean: Tensor
    deviation: Tensor

    def expected(self, x: Tensor, level: Level) -> Tensor:
        """Compute the exact denoising: the posterior mean of the clean curves given `x`."""
        variance = self.deviation**2
        gain = level.alpha * variance / (level.alpha**2 * variance + level.sigma**2)
        return self.mean + gain * (x - level.alpha * self.mean)
