"""Rectified flow."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import Level
from djtrans.core.schedules.noise_schedules import flow_levels
from djtrans.plugins.schedulers import FlowConfig


class PastVelocity(NamedTuple):
    """The velocity of the step before, made of the clipped prediction, and its noise fraction."""

    t: float
    velocity: Tensor


class FlowScheduler:
    r"""Solves :math:`dz/dt = v(z, t)` from noise at t = 1 to curves at t = 0.

    With :math:`z = (1 - t)\,\mathrm{clean} + t\,\mathrm{noise}` the velocity is
    :math:`v = (z - \mathrm{clean}) / t` (equation 1 of [1]_).

    Order 1 is Euler's method. Order 2 is the two-step method of Adams and Bashforth for uneven
    steps (section III.5 of [2]_): with the step :math:`h_n = t_{n+1} - t_n`,

    .. math:: z_{n+1} = z_n + h_n v_n + \frac{h_n^2}{2 h_{n-1}} (v_n - v_{n-1}).

    The first step, which knows no past, and the last are Euler's; the last then ends exactly on
    the (clipped) prediction, and the whole is still of second order.

    Cosine spacing, :math:`t_i = \cos^2(\pi i / 2n)`, takes small steps at both ends: near noise,
    where it is decided which kind of transition it will be, and near the curves, where the small
    differences between transitions of one kind are.

    Parameters
    ----------
    config : FlowConfig

    References
    ----------
    .. [1] X. Liu, C. Gong, Q. Liu, Flow Straight and Fast: Learning to Generate and Transfer Data
       with Rectified Flow, ICLR 2023.
    .. [2] E. Hairer, S. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, 1993.
    """

    def __init__(self, config: FlowConfig) -> None:
        self.order = config.order
        self.spacing = config.spacing

    def levels(self, steps: int) -> tuple[Level, ...]:
        """Return ``steps + 1`` levels from ``Level(0, 1)`` to ``Level(1, 0)``."""
        return flow_levels(steps, self.spacing)

    def step(
        self,
        x: Tensor,
        prediction: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[PastVelocity, ...],
        generator: torch.Generator | None,
    ) -> tuple[Tensor, tuple[PastVelocity, ...]]:
        """Take one step; see :class:`djtrans.core.contracts.scheduler.Scheduler`."""
        t, t_next = level.noise_fraction, next_level.noise_fraction
        z = x / level.scale
        velocity = slope = (z - prediction) / t
        if self.order == 2 and history and t_next > 0.0:
            (past,) = history
            slope = velocity + (t_next - t) / (2.0 * (t - past.t)) * (velocity - past.velocity)
        return next_level.scale * (z + (t_next - t) * slope), (PastVelocity(t, velocity),)
