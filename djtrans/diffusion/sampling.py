"""From noise to curves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeAlias

import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.scheduler import Level, Scheduler
from djtrans.core.errors import InputError
from djtrans.core.schedules.noise import normal_like
from djtrans.diffusion.guidance import Guidance, GuidedDenoiser
from djtrans.diffusion.network import DiffusionNetwork

#: Clean curves for noisy ones at a level.
CleanPredictor: TypeAlias = "Callable[[Tensor, Level], Tensor]"


def sample(
    network: DiffusionNetwork,
    scheduler: Scheduler,
    conditioning: Conditioning,
    *,
    steps: int,
    seed: int = 0,
    guidance: Guidance | None = None,
    absent: Tensor | None = None,
    progress: FractionCallback | None = None,
) -> Tensor:
    """Curves drawn by a network.

    Parameters
    ----------
    network : DiffusionNetwork
        In inference (``network.eval()``).
    scheduler : Scheduler
        Any; it need not be the one that the network was trained with.
    conditioning : Conditioning
        Inputs of the network's encoders (:meth:`DiffusionNetwork.encode
        <djtrans.diffusion.network.DiffusionNetwork.encode>`). As many curves are sampled as it has
        in its batch, on as many frames, on its device.
    steps : int
        Evaluations of the network.
    seed : int
        Decides all noise, to the same numbers on every device.
    guidance : Guidance, optional
        By default a scale of 2 throughout.
    absent : Tensor, optional
        ``[batch, encoders]`` bool, encoders that have nothing to say.
    progress : callable, optional
        Receives the fraction done after each step.

    Returns
    -------
    Tensor
        ``[batch, frames, parameters]``, -1 to 1, for
        :meth:`Scaling.from_model <djtrans.diffusion.normalization.Scaling.from_model>`.

    Raises
    ------
    InputError
        If the network is in training, or the number of steps is not allowed.
    """
    if network.training:
        raise InputError("The network is in training; call network.eval() before sampling.")
    generator = torch.Generator().manual_seed(seed)
    batch, frames = conditioning.per_frame.shape[:2]
    noise = normal_like(
        conditioning.per_frame.new_empty(batch, frames, network.shape.parameters), generator
    )
    with torch.no_grad():
        encoded = network.encode(conditioning)  # once: no step changes it
        predict = GuidedDenoiser(network, encoded, guidance or Guidance(), absent)
        return denoise(predict, scheduler, noise, steps, generator=generator, progress=progress)


def denoise(
    predict: CleanPredictor,
    scheduler: Scheduler,
    noise: Tensor,
    steps: int,
    *,
    generator: torch.Generator | None = None,
    clip: bool = True,
    progress: FractionCallback | None = None,
) -> Tensor:
    """Follow a scheduler's levels from noise to clean curves.

    Parameters
    ----------
    predict : callable
        ``predict(x, level)`` gives the clean curves.
    scheduler : Scheduler
    noise : Tensor
        ``[batch, frames, parameters]``, standard normal.
    steps : int
        Steps to take, one prediction each.
    generator : torch.Generator, optional
        For schedulers that add noise.
    clip : bool
        Whether each prediction, and the result, is clipped to [-1, 1].
    progress : callable, optional
        Receives the fraction done after each step.

    Returns
    -------
    Tensor
        ``[batch, frames, parameters]``.
    """

    def bounded(curves: Tensor) -> Tensor:
        return curves.clamp(-1.0, 1.0) if clip else curves

    levels = scheduler.levels(steps)
    x = levels[0].sigma * noise
    history: tuple[Any, ...] = ()
    for done, (level, next_level) in enumerate(pairwise(levels), start=1):
        clean = bounded(predict(x, level))
        x, history = scheduler.step(x, clean, level, next_level, history, generator)
        if progress is not None:
            progress(done / steps)
    return bounded(x)
