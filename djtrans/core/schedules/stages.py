"""Make the steps of schedulers, whatever number of evaluations they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from djtrans.core.contracts.scheduler import AnyScheduler, Level, Scheduler, StagedScheduler, Stages
from djtrans.core.errors import PluginError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def begin_step(
    scheduler: AnyScheduler,
    x: Tensor,
    level: Level,
    next_level: Level,
    history: tuple[Any, ...],
    generator: torch.Generator | None,
) -> Stages:
    """Begin a step of a scheduler with either protocol; the parameters are those of its method."""
    if isinstance(scheduler, StagedScheduler):
        return scheduler.stages(x, level, next_level, history, generator)
    return _one_stage(scheduler, x, level, next_level, history, generator)


def finish_steps(
    begun: Sequence[Stages], predict: Callable[[Tensor, Level], Tensor]
) -> list[tuple[Tensor, tuple[Any, ...]]]:
    """Finish steps between the same two levels together, with one evaluation for all at a time.

    Parameters
    ----------
    begun : sequence of Stages
        Results of :func:`begin_step`, of parts of a batch.
    predict : callable
        ``predict(x, level)`` returns the clean curves of the whole batch.

    Returns
    -------
    list of (Tensor, tuple)
        The curves after the step, and the history, of each part.

    Raises
    ------
    PluginError
        If a step needs no evaluation, or the parts need different ones.
    """
    import torch

    try:
        asked = [next(each) for each in begun]
    except StopIteration:
        raise PluginError("A step of the scheduler makes no evaluation; yield one.") from None
    while True:
        levels = {level for _, level in asked}
        if len(levels) > 1:
            raise PluginError(
                "The stages of the scheduler depend on the curves; they may depend on the levels "
                "of the step only."
            )
        sizes = [len(x) for x, _ in asked]
        clean = predict(torch.cat([x for x, _ in asked]), levels.pop())
        following: list[tuple[Tensor, Level]] = []
        ended: list[tuple[Tensor, tuple[Any, ...]]] = []
        for each, part in zip(begun, clean.split(sizes), strict=True):
            try:
                following.append(each.send(part))
            except StopIteration as stop:
                ended.append(stop.value)
        if not following:
            return ended
        if ended:
            raise PluginError(
                "The number of evaluations of the scheduler depends on the curves; it may depend "
                "on the levels of the step only."
            )
        asked = following


def _one_stage(
    scheduler: Scheduler,
    x: Tensor,
    level: Level,
    next_level: Level,
    history: tuple[Any, ...],
    generator: torch.Generator | None,
) -> Stages:
    prediction = yield x, level
    return scheduler.step(x, prediction, level, next_level, history, generator)
