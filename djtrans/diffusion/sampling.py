"""Sampling: denoise random noise to curves along the levels of a scheduler."""

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

#: Predicts clean curves from noisy ones at a noise level.
CleanPredictor: TypeAlias = "Callable[[Tensor, Level], Tensor]"


def sample(
    network: DiffusionNetwork,
    scheduler: Scheduler,
    conditioning: Conditioning,
    *,
    steps: int,
    seed: int = 0,
    guidance: Guidance | None = None,
    missing: Tensor | None = None,
    progress: FractionCallback | None = None,
) -> Tensor:
    """Sample normalized curves from a network.

    Parameters
    ----------
    network : DiffusionNetwork
        Network in evaluation mode (``network.eval()``).
    scheduler : Scheduler
        Any scheduler; it is independent of the training.
    conditioning : Conditioning
        Inputs of the network's encoders, see
        :meth:`~djtrans.diffusion.network.DiffusionNetwork.encode`; it determines the batch size,
        the number of frames and the device.
    steps : int
        Number of network evaluations.
    seed : int
        Seed of the noise, which is the same on every device.
    guidance : Guidance, optional
        By default a scale of 2 at all levels.
    missing : Tensor, optional
        ``[batch, encoders]`` bool: encoders without conditioning.
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
        If the network is in training mode, or the number of steps is not allowed.

    See Also
    --------
    DiffusionModel.generate : Sample the curves of a request.

    Examples
    --------
    >>> import torch
    >>> import djtrans
    >>> from djtrans.core.contracts.encoder import Conditioning
    >>> model = djtrans.load_model(device="cpu")
    >>> per_frame, global_ = map(sum, zip(*(slot.input_widths for slot in model.network.slots)))
    >>> inputs = Conditioning(torch.zeros(1, 32, per_frame), torch.zeros(1, global_))
    >>> missing = torch.ones(1, len(model.encoders), dtype=torch.bool)
    >>> curves = djtrans.diffusion.sample(
    ...     model.network, model.scheduler, inputs, steps=2, missing=missing
    ... )
    >>> tuple(curves.shape)
    (1, 32, 54)
    """
    if network.training:
        raise InputError("The network is in training mode; call network.eval() before sampling.")
    generator = torch.Generator().manual_seed(seed)
    batch, frames = conditioning.per_frame.shape[:2]
    noise = normal_like(
        conditioning.per_frame.new_empty(batch, frames, network.shape.parameters), generator
    )
    with torch.no_grad():
        encoded = network.encode(conditioning)  # once: no step changes it
        predict = GuidedDenoiser(network, encoded, guidance or Guidance(), missing)
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
    """Denoise along the noise levels of a scheduler.

    Parameters
    ----------
    predict : callable
        ``predict(x, level)`` returns clean curves.
    scheduler : Scheduler
        Levels and solver.
    noise : Tensor
        ``[batch, frames, parameters]``, standard normal.
    steps : int
        Number of steps, one prediction each.
    generator : torch.Generator, optional
        Source of noise for stochastic schedulers.
    clip : bool
        Clip each prediction and the result to [-1, 1].
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
