"""Progress and wall time of the named steps of a job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import attrs

from djtrans.core.contracts.progress import Progress

#: Progress callback: called with the name of a step and the fraction of it that is done.
StepProgress: TypeAlias = "Callable[[str, float], None]"


@attrs.define
class Steps:
    """Progress and wall time of the steps of a job.

    Attributes
    ----------
    callback : callable, optional
        Called with the name of a step and the fraction done.
    seconds : dict of str to float
        Wall time by step.

    Examples
    --------
    >>> from djtrans.pipeline import Steps
    >>> steps = Steps()
    >>> with steps.step("load") as progress:
    ...     progress(0.5)
    >>> list(steps.seconds)
    ['load']
    """

    callback: StepProgress | None = None
    seconds: dict[str, float] = attrs.field(factory=dict)

    def progress(self, name: str) -> Progress:
        """Return the progress callback of a step, without timing it."""

        def notify(fraction: float) -> None:
            if self.callback is not None:
                self.callback(name, fraction)

        return notify

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """Time a step, and yield its progress callback."""
        notify = self.progress(name)
        notify(0.0)
        begin = time.perf_counter()
        yield notify
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin
        notify(1.0)


def half_progress(progress: Progress, done: int) -> Progress:
    """Return the callback of the first (0) or second (1) of two equal parts of a step."""

    def notify(fraction: float) -> None:
        progress((done + fraction) / 2)

    return notify
