"""Denoising diffusion implicit models."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import Level
from djtrans.core.schedules.noise import normal_like
from djtrans.core.schedules.noise_schedules import linear_beta_levels, posterior_deviation
from djtrans.plugins.schedulers import DdimConfig


class DdimScheduler:
    """Points from the noise at hand to the clean curves, adding none or some of new noise.

    Equation 12 of [1]_: the clean curves at the next level, the noise that `x` implies, and new
    noise that is `eta` times that of DDPM.

    Parameters
    ----------
    config : DdimConfig

    References
    ----------
    .. [1] J. Song, C. Meng, S. Ermon, Denoising Diffusion Implicit Models, ICLR 2021.
    """

    def __init__(self, config: DdimConfig) -> None:
        self.eta = config.eta
        self.zero_terminal_snr = config.zero_terminal_snr

    def levels(self, steps: int) -> tuple[Level, ...]:
        """Return the levels of linear betas, see :func:`linear_beta_levels`."""
        return linear_beta_levels(steps, zero_terminal_snr=self.zero_terminal_snr)

    def step(
        self,
        x: Tensor,
        prediction: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[Any, ...],
        generator: torch.Generator | None,
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """Take one step; see :class:`Scheduler`. Keeps no history."""
        noise = (x - level.alpha * prediction) / level.sigma
        fresh = self.eta * posterior_deviation(level, next_level)
        old = math.sqrt(max(0.0, next_level.sigma**2 - fresh**2))
        x_next = next_level.alpha * prediction + old * noise
        if fresh > 0.0:
            x_next = x_next + fresh * normal_like(x, generator)
        return x_next, ()
