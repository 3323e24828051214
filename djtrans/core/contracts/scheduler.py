"""Schedulers: noise schedules and their solvers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@attrs.frozen
class Level:
    """A noise level: ``x = alpha * clean + sigma * noise``, with `noise` of unit variance.

    Attributes
    ----------
    alpha, sigma : float
        At least 0, not both 0. Rectified flow keeps their sum at 1, the diffusion of DDPM the sum
        of their squares.
    """

    alpha: float
    sigma: float

    @property
    def scale(self) -> float:
        """``alpha + sigma``: a denoiser sees ``x / scale``."""
        return self.alpha + self.sigma

    @property
    def noise_fraction(self) -> float:
        """``sigma / (alpha + sigma)``: what a denoiser is told, 0 (clean) to 1 (all noise)."""
        return self.sigma / self.scale


@runtime_checkable
class Scheduler(Protocol):
    """A noise schedule and its solver: pure functions of levels, no state in the object."""

    def levels(self, steps: int) -> tuple[Level, ...]:
        """``steps + 1`` levels from noise to clean; the last is ``Level(1, 0)``."""
        ...

    def step(
        self,
        x: Tensor,
        prediction: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[Any, ...],
        generator: torch.Generator | None,
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """One step from `level` to `next_level`.

        Parameters
        ----------
        x : Tensor
            ``[batch, frames, parameters]`` at `level`.
        prediction : Tensor
            The clean curves as the denoiser predicts them, clipped to [-1, 1]. Whatever a history
            keeps of a prediction, it keeps of this clipped one.
        level, next_level : Level
        history : tuple
            What the last step returned; empty at the first step, which is then of first order.
        generator : torch.Generator or None
            Source of randomness for schedulers that add noise
            (see :func:`djtrans.core.schedules.noise.normal_like`).

        Returns
        -------
        x_next : Tensor
        history : tuple
        """
        ...


@attrs.frozen(kw_only=True)
class SchedulerDeclaration(Declaration):
    """A noise schedule and its solver.

    Attributes
    ----------
    steps : int
        Steps to take where nobody asks for another number: evaluations of the denoiser.
    """

    kind: ClassVar[str] = "scheduler"
    contract: ClassVar[type | None] = Scheduler

    steps: int = 50

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1:
            raise ConfigError(
                f"{type(self).__name__}(name={self.name!r}): steps must be an int of at least 1."
            )


@hookspec
def djtrans_schedulers() -> Iterable[SchedulerDeclaration]:  # type: ignore[empty-body]
    """Register noise schedules and their solvers.

    Returns
    -------
    iterable of SchedulerDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class SchedulerPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_schedulers(self):
    ...         yield djtrans.SchedulerDeclaration(
    ...             name="heun",
    ...             summary="Heun's second-order method on rectified flow.",
    ...             factory="mylab_djtrans.heun:Heun",
    ...             steps=20,
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(SchedulerPlugin(), "mylab")
    >>> registry.schedulers.find("heun").declaration.steps
    20
    """
