"""Denoising diffusion probabilistic models."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import Level
from djtrans.core.schedules.noise import normal_like
from djtrans.core.schedules.noise_schedules import linear_beta_levels, posterior_deviation
from djtrans.plugins.schedulers import LinearBetaConfig


class DdpmScheduler:
    r"""Ancestral sampling: each step samples from :math:`q(x_{next} | x, \mathrm{clean})`.

    Algorithm 2 of [1]_ on any subset of the timesteps, with the smaller of its two variances, that
    of the posterior. In terms of levels, with :math:`r = \sigma_{next}^2 \alpha /
    (\alpha_{next} \sigma^2)`, the mean of equation 7 is

    .. math:: r\,x + (\alpha_{next} - r\,\alpha)\,\mathrm{clean}.

    Parameters
    ----------
    config : LinearBetaConfig

    References
    ----------
    .. [1] J. Ho, A. Jain, P. Abbeel, Denoising Diffusion Probabilistic Models, NeurIPS 2020.
    """

    def __init__(self, config: LinearBetaConfig) -> None:
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
        kept = next_level.sigma**2 * level.alpha / (next_level.alpha * level.sigma**2)
        mean = kept * x + (next_level.alpha - kept * level.alpha) * prediction
        deviation = posterior_deviation(level, next_level)
        if deviation == 0.0:
            return mean, ()
        return mean + deviation * normal_like(x, generator), ()
