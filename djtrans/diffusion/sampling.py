"""Sampling: denoise random noise to curves along the levels of a scheduler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.scheduler import AnyScheduler, Level
from djtrans.core.errors import InputError
from djtrans.core.schedules.noise import normal_like
from djtrans.core.schedules.stages import begin_step, finish_steps
from djtrans.diffusion.guidance import Guidance, GuidedDenoiser
from djtrans.diffusion.network import DiffusionNetwork

#: Predicts clean curves from noisy ones at a noise level.
CleanPredictor: TypeAlias = "Callable[[Tensor, Level], Tensor]"
#: Changes a clean prediction ``[batch, frames, parameters]``, -1 to 1, at a noise level.
CleanGuide: TypeAlias = "Callable[[Tensor, Level], Tensor]"


@attrs.frozen(eq=False)
class Start:
    """Curves to start from instead of noise, and how much noise to add to them [1]_.

    Attributes
    ----------
    curves : Tensor
        ``[frames, parameters]``, -1 to 1.
    strength : float
        Noise fraction at which denoising starts, greater than 0 and at most 1: small values stay
        close to the curves, 1 ignores them.

    References
    ----------
    .. [1] C. Meng et al., SDEdit: Guided Image Synthesis and Editing with Stochastic Differential
       Equations, ICLR 2022.
    """

    curves: Tensor
    strength: float

    def __attrs_post_init__(self) -> None:
        if not 0.0 < self.strength <= 1.0:
            raise InputError(
                f"A strength of {self.strength!r} is not allowed; give a number greater than 0, "
                "for small changes, up to 1, for other curves."
            )


def sample(
    network: DiffusionNetwork,
    scheduler: AnyScheduler,
    conditioning: Conditioning,
    *,
    steps: int,
    seed: int | Sequence[int] = 0,
    guidance: Guidance | None = None,
    missing: Tensor | None = None,
    guides: Sequence[CleanGuide] = (),
    start: Start | None = None,
    progress: FractionCallback | None = None,
) -> Tensor:
    """Sample normalized curves from a network.

    Parameters
    ----------
    network : DiffusionNetwork
        Network in evaluation mode (``network.eval()``).
    scheduler : Scheduler or StagedScheduler
        Any scheduler; it is independent of the training.
    conditioning : Conditioning
        Inputs of the network's encoders, see
        :meth:`~djtrans.diffusion.network.DiffusionNetwork.encode`; it determines the batch size,
        the number of frames and the device.
    steps : int
        Number of steps, each one network evaluation unless the scheduler makes several.
    seed : int or sequence of int
        Seed of the noise, which is the same on every device. With one seed for each row of the
        batch, a row does not depend on the others.
    guidance : Guidance, optional
        By default a scale of 2 at all levels.
    missing : Tensor, optional
        ``[batch, encoders]`` bool: encoders without conditioning.
    guides : sequence of callable
        Each changes every clean prediction: ``guide(clean, level)``.
    start : Start, optional
        Curves to vary, instead of pure noise.
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
    batch, frames = conditioning.per_frame.shape[:2]
    like = conditioning.per_frame.new_empty(batch, frames, network.shape.parameters)
    seeds = [seed] if isinstance(seed, int) else list(seed)
    if len(seeds) not in (1, batch):
        raise InputError(f"{len(seeds)} seeds for a batch of {batch}; give one, or one for each.")
    generators = [torch.Generator().manual_seed(each) for each in seeds]
    rows = like.split(batch // len(seeds))
    noise = torch.cat([normal_like(x, g) for x, g in zip(rows, generators, strict=True)])
    with torch.no_grad():
        encoded = network.encode(conditioning)  # once: no step changes it
        predict = GuidedDenoiser(network, encoded, guidance or Guidance(), missing)
        return denoise(
            predict,
            scheduler,
            noise,
            steps,
            generator=generators,
            guides=guides,
            start=start,
            progress=progress,
        )


def denoise(
    predict: CleanPredictor,
    scheduler: AnyScheduler,
    noise: Tensor,
    steps: int,
    *,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
    guides: Sequence[CleanGuide] = (),
    start: Start | None = None,
    clip: bool = True,
    progress: FractionCallback | None = None,
) -> Tensor:
    """Denoise along the noise levels of a scheduler.

    Parameters
    ----------
    predict : callable
        ``predict(x, level)`` returns clean curves.
    scheduler : Scheduler or StagedScheduler
        Levels and solver.
    noise : Tensor
        ``[batch, frames, parameters]``, standard normal.
    steps : int
        Number of steps, each one prediction unless the scheduler makes several.
    generator : torch.Generator or sequence of them, optional
        Source of noise for stochastic schedulers: one for the batch, or one for each row.
    guides : sequence of callable
        Each changes every clean prediction: ``guide(clean, level)``.
    start : Start, optional
        Curves to vary. Denoising begins at the first level of the scheduler with at most its
        noise fraction; the number of steps falls in proportion.
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
    if start is not None and start.strength < 1.0:
        # The last level is clean: at least one step is made.
        first = next(
            (i for i, v in enumerate(levels[:-1]) if v.noise_fraction <= start.strength),
            len(levels) - 2,
        )
        levels = levels[first:]
        x = levels[0].alpha * start.curves.to(noise) + levels[0].sigma * noise
    generators = generator if isinstance(generator, Sequence) else [generator]
    histories: Sequence[tuple[Any, ...]] = [()] * len(generators)
    rows = len(noise) // len(generators)

    def guided(x: Tensor, level: Level) -> Tensor:
        clean = bounded(predict(x, level))
        for guide in guides:
            clean = bounded(guide(clean, level))
        return clean

    for done, (level, next_level) in enumerate(pairwise(levels), 1):
        begun = [
            begin_step(scheduler, part, level, next_level, history, source)
            for part, history, source in zip(x.split(rows), histories, generators, strict=True)
        ]
        parts, histories = zip(*finish_steps(begun, guided), strict=True)
        x = torch.cat(parts)
        if progress is not None:
            progress(done / (len(levels) - 1))
    return bounded(x)
