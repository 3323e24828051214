"""Schedulers: noise schedules with their solvers."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@attrs.frozen
class Level:
    """Noise level: ``x = alpha * clean + sigma * noise``, with `noise` of unit variance.

    Attributes
    ----------
    alpha, sigma : float
        At least 0, not both 0. Their sum is 1 in rectified flow, the sum of their squares in DDPM.

    Examples
    --------
    >>> from djtrans.core import Level
    >>> Level(alpha=0.75, sigma=0.25).noise_fraction
    0.25
    """

    alpha: float
    sigma: float

    @property
    def scale(self) -> float:
        """``alpha + sigma``: the input of a denoiser is ``x / scale``."""
        return self.alpha + self.sigma

    @property
    def noise_fraction(self) -> float:
        """``sigma / (alpha + sigma)``, an input of denoisers: 0 (clean) to 1 (pure noise)."""
        return self.sigma / self.scale


@runtime_checkable
class Scheduler(Protocol):
    """Noise schedule and its solver: pure functions of noise levels, without internal state."""

    def levels(self, steps: int) -> tuple[Level, ...]:
        """Return ``steps + 1`` levels from noise to clean; the last is ``Level(1, 0)``."""
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
        """Make one step from `level` to `next_level`.

        Parameters
        ----------
        x : Tensor
            ``[batch, frames, parameters]`` at `level`.
        prediction : Tensor
            Predicted clean curves, clipped to [-1, 1]; multistep solvers store this clipped
            prediction in the history.
        level, next_level : Level
            Current and next noise level.
        history : tuple
            History returned by the previous step; empty at the first step, which is then of first
            order.
        generator : torch.Generator or None
            Random generator of schedulers that add noise
            (see :func:`djtrans.core.schedules.noise.normal_like`).

        Returns
        -------
        x_next : Tensor
            ``[batch, frames, parameters]`` at `next_level`.
        history : tuple
            History for the next step.
        """
        ...


#: A step in progress: yields noisy curves and their level, receives their clean prediction, and
#: returns the curves after the step and the history.
Stages: TypeAlias = "Generator[tuple[Tensor, Level], Tensor, tuple[Tensor, tuple[Any, ...]]]"


@runtime_checkable
class StagedScheduler(Protocol):
    """Scheduler whose steps evaluate the denoiser several times, such as a Runge-Kutta method.

    It has ``stages`` instead of ``step``, a generator function without internal state.
    """

    def levels(self, steps: int) -> tuple[Level, ...]:
        """Return ``steps + 1`` levels from noise to clean; the last is ``Level(1, 0)``."""
        ...

    def stages(
        self,
        x: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[Any, ...],
        generator: torch.Generator | None,
    ) -> Stages:
        """Make one step from `level` to `next_level`, with any number of evaluations.

        Each ``prediction = yield x, level`` is one evaluation: it gives noisy curves at a level,
        between clean and pure noise, and receives their predicted clean curves, clipped to
        [-1, 1]. The levels and the number of evaluations depend on `level` and `next_level` alone,
        so that several curves can be sampled together.

        Parameters
        ----------
        x : Tensor
            ``[batch, frames, parameters]`` at `level`.
        level, next_level : Level
            Current and next noise level.
        history : tuple
            History returned by the previous step; empty at the first step.
        generator : torch.Generator or None
            Random generator of schedulers that add noise.

        Yields
        ------
        x : Tensor
            ``[batch, frames, parameters]`` to evaluate.
        level : Level
            Its noise level; the noise is above 0.

        Returns
        -------
        x_next : Tensor
            ``[batch, frames, parameters]`` at `next_level`.
        history : tuple
            History for the next step.
        """
        ...


#: Component of the kind: either protocol.
AnyScheduler: TypeAlias = "Scheduler | StagedScheduler"


@attrs.frozen(kw_only=True)
class SchedulerDeclaration(Declaration):
    """Declaration of a scheduler: a noise schedule and its solver.

    Attributes
    ----------
    steps : int
        Default number of steps.
    evaluations : int
        Largest number of evaluations of the denoiser in a step.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.SchedulerDeclaration(
    ...     name="rk4",
    ...     summary="The classical Runge-Kutta method.",
    ...     factory="mylab.rk4:Rk4",
    ...     steps=5,
    ...     evaluations=4,
    ... )
    >>> declaration.steps
    5

    See Also
    --------
    djtrans.DenoiserDeclaration : Declaration of the network that is evaluated.
    """

    kind: ClassVar[str] = "scheduler"
    contract: ClassVar[type | tuple[type, ...] | None] = (Scheduler, StagedScheduler)

    steps: int = 50
    evaluations: int = 1

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for field, count in (("steps", self.steps), ("evaluations", self.evaluations)):
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ConfigError(
                    f"{type(self).__name__}(name={self.name!r}): {field} must be an int of at "
                    "least 1."
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
    ...             name="even-euler",
    ...             summary="Euler's method on rectified flow, evenly spaced.",
    ...             factory="mylab_djtrans.euler:EvenEuler",
    ...             steps=20,
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(SchedulerPlugin(), "mylab")
    >>> registry.schedulers.find("even-euler").declaration.steps
    20
    """
