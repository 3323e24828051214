"""Data whose denoiser is known exactly, to hold schedulers against."""

from __future__ import annotations

import attrs
from torch import Tensor

from djtrans.core.contracts.scheduler import Level


@attrs.frozen(eq=False)
class GaussianData:
    """Clean curves whose every value is normally distributed, on its own.

    Attributes
    ----------
    mean, deviation : Tensor
        ``[batch, frames, parameters]``; the deviation is above 0.
    """

    mean: Tensor
    deviation: Tensor

    def expected(self, x: Tensor, level: Level) -> Tensor:
        """What a perfect denoiser says: the mean of the clean curves, given `x` at `level`."""
        variance = self.deviation**2
        gain = level.alpha * variance / (level.alpha**2 * variance + level.sigma**2)
        return self.mean + gain * (x - level.alpha * self.mean)
