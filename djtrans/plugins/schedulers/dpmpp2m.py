"""DPM-Solver++(2M)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import Level
from djtrans.core.schedules.noise_schedules import linear_beta_levels
from djtrans.plugins.schedulers import LinearBetaConfig


class PastPrediction(NamedTuple):
    """The clipped prediction of the step before, and its level."""

    level: Level
    prediction: Tensor


class DpmPp2mScheduler:
    r"""Multistep exponential integrator for clean predictions, algorithm 2 of [1]_.

    In half the log signal-to-noise ratio, :math:`\lambda = \log(\alpha / \sigma)`, the clean
    prediction is taken as linear through the last two, :math:`D = x_0 + (x_0 - x_0') / 2r` with
    :math:`r` the ratio of the last step's width in :math:`\lambda` to this one's, and

    .. math:: x_{next} = \frac{\sigma_{next}}{\sigma} x - \alpha_{next} (e^{-h} - 1) D.

    The first step knows no past, and the last has no end in :math:`\lambda`: both take the
    prediction as it is. Widths may be infinite (noise only); the formulas keep their limits.

    Parameters
    ----------
    config : LinearBetaConfig

    References
    ----------
    .. [1] C. Lu et al., DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic
       Models, 2022.
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
        history: tuple[PastPrediction, ...],
        generator: torch.Generator | None,
    ) -> tuple[Tensor, tuple[PastPrediction, ...]]:
        """Take one step; see :class:`djtrans.core.contracts.scheduler.Scheduler`."""
        blended = prediction
        if history and next_level.sigma > 0.0:
            (past,) = history
            now = _half_log_snr(level)
            ratio = (now - _half_log_snr(past.level)) / (_half_log_snr(next_level) - now)
            blended = prediction + (prediction - past.prediction) / (2.0 * ratio)
        shrink = next_level.sigma / level.sigma
        # alpha_next * (1 - exp(-h)), without the infinity that h is at either end.
        weight = next_level.alpha - shrink * level.alpha
        return shrink * x + weight * blended, (PastPrediction(level, prediction),)


def _half_log_snr(level: Level) -> float:
    return math.log(level.alpha / level.sigma) if level.alpha > 0.0 else -math.inf
