"""Euler's method for the rectified flow, with the time shifted towards noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from djtrans.core import Level

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from djtrans_tape.plugin import ShiftedEulerConfig


class ShiftedEuler:
    """Levels at t' = s t / (1 + (s - 1) t) for evenly spaced t; s is the shift."""

    def __init__(self, config: ShiftedEulerConfig) -> None:
        self.config = config

    def levels(self, steps: int) -> tuple[Level, ...]:
        """``steps + 1`` levels from noise to clean."""
        shift = self.config.shift
        even = (1 - i / steps for i in range(steps + 1))
        shifted = [shift * t / (1 + (shift - 1) * t) for t in even]
        return tuple(Level(alpha=1 - t, sigma=t) for t in shifted)

    def step(
        self,
        x: Tensor,
        prediction: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[Any, ...],
        generator: torch.Generator | None,
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """Along the straight line from the noise that `x` holds to the predicted clean curves."""
        noise = (x - level.alpha * prediction) / level.sigma
        return next_level.alpha * prediction + next_level.sigma * noise, ()
