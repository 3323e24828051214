"""Gradient descent on the moves of a DJ's controls."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.progress import FractionCallback
from djtrans.refinement.controls import LEVELS, Controls

#: Predictions of the mix that the objectives are evaluated on.
PREDICTIONS = ("powers", "audio")
#: Decay of the mean gradient and of its mean square, per step.
_BETAS = (0.9, 0.98)


@attrs.frozen
class RefinementConfig:
    """Settings of the refinement."""

    level: str = setting(
        "auto",
        "Move whole tracks or single stems; auto: stems if well isolated.",
        choices=("auto", *LEVELS),
    )
    prediction: str = setting(
        "powers",
        "powers: predict the power of the mix; audio: then render it, for what powers cannot "
        "express (phase, echoes), which takes seconds per step.",
        choices=PREDICTIONS,
    )
    filters: bool = setting(False, "Move filters that the curves do not use, too.")
    steps: int = setting(60, "Steps of the descent.", minimum=1, maximum=2000)
    audio_steps: int = setting(
        15, "Steps of the descent on rendered audio.", minimum=1, maximum=2000
    )
    learning_rate: float = setting(
        0.03, "Step size, in ranges of a parameter.", minimum=1e-4, maximum=1.0
    )
    prior: float = setting(
        2.0, "Cost of the distance from the curves, in ranges.", minimum=0.0, maximum=1000.0
    )
    motion: float = setting(
        4.0, "Cost of additional motion from bar to bar, in ranges.", minimum=0.0, maximum=1000.0
    )


def descend(
    controls: Controls,
    objective: Callable[[Tensor], Tensor],
    config: RefinementConfig,
    *,
    steps: int | None = None,
    progress: FractionCallback | None = None,
) -> Tensor:
    """Minimize an objective over the moves of controls, close to the curves.

    Parameters
    ----------
    controls : Controls
    objective : callable
        Maps ``[frames, parameters]`` to a scalar.
    config : RefinementConfig
    steps : int, optional
        Number of steps; by default that of the config.
    progress : callable, optional
        Receives the fraction done after each step.

    Returns
    -------
    Tensor
        ``[controls, knots]``: the moves with the lowest sum of objective and prior; zeros if none
        is better than the curves.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, Adam: A Method for Stochastic Optimization, ICLR 2015.
    """
    moves = torch.zeros(len(controls.groups), controls.n_knots, requires_grad=True)
    if moves.numel() == 0:
        return moves.detach()
    # Not torch.optim.Adam: its first use imports torch's compiler, which takes longer than the
    # descent.
    mean, square = torch.zeros_like(moves.detach()), torch.zeros_like(moves.detach())
    best, lowest = moves.detach().clone(), float("inf")
    steps = config.steps if steps is None else steps
    for done in range(1, steps + 1):
        curves = controls.apply(moves)
        total = objective(controls.engage(curves) if config.filters else curves)
        total = total + _prior(moves, config)
        if float(total.detach()) < lowest:
            best, lowest = moves.detach().clone(), float(total.detach())
        (gradient,) = torch.autograd.grad(total, moves)
        mean.lerp_(gradient, 1.0 - _BETAS[0])
        square.lerp_(gradient.square(), 1.0 - _BETAS[1])
        step = mean / (1.0 - _BETAS[0] ** done)
        step /= (square / (1.0 - _BETAS[1] ** done)).sqrt() + 1e-8
        with torch.no_grad():
            moves.sub_(config.learning_rate * step).clamp_(-1.0, 1.0)
        if progress is not None:
            progress(done / steps)
    return best


def _prior(moves: Tensor, config: RefinementConfig) -> Tensor:
    path = torch.nn.functional.pad(moves, (1, 1)).diff(dim=1).abs()
    return config.prior * moves.abs().mean() + config.motion * path.mean()
