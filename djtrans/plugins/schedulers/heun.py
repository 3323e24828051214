"""Heun's method for rectified flow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import Level, Stages
from djtrans.core.schedules.noise_schedules import flow_levels
from djtrans.plugins.schedulers import HeunConfig


class HeunScheduler:
    r"""Solves :math:`dz/dt = v(z, t)` with two evaluations per step: the explicit trapezoidal rule.

    A step of Euler's method, :math:`z' = z_n + h v(z_n, t_n)`, is corrected by the mean of the
    slopes at both ends (section II.1 of [1]_, algorithm 1 of [2]_ without its added noise):

    .. math:: z_{n+1} = z_n + \frac{h}{2} (v(z_n, t_n) + v(z', t_{n+1})).

    The last step is Euler's, since the velocity :math:`(z - \mathrm{clean}) / t` is not defined at
    t = 0: it ends exactly on the (clipped) prediction, and the whole is still of second order.

    Parameters
    ----------
    config : HeunConfig

    References
    ----------
    .. [1] E. Hairer, S. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, 1993.
    .. [2] T. Karras, M. Aittala, T. Aila, S. Laine, Elucidating the Design Space of Diffusion-Based
       Generative Models, NeurIPS 2022.
    """

    def __init__(self, config: HeunConfig) -> None:
        self.spacing = config.spacing

    def levels(self, steps: int) -> tuple[Level, ...]:
        """Return ``steps + 1`` levels from ``Level(0, 1)`` to ``Level(1, 0)``."""
        return flow_levels(steps, self.spacing)

    def stages(
        self,
        x: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[Any, ...],
        generator: torch.Generator | None,
    ) -> Stages:
        """Make one step; see :class:`djtrans.core.contracts.scheduler.StagedScheduler`."""
        t, t_next = level.noise_fraction, next_level.noise_fraction
        z = x / level.scale
        prediction = yield x, level
        slope = (z - prediction) / t
        euler = z + (t_next - t) * slope
        if t_next > 0.0:
            prediction = yield next_level.scale * euler, next_level
            slope = (slope + (euler - prediction) / t_next) / 2.0
        return next_level.scale * (z + (t_next - t) * slope), ()
