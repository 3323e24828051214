"""Progress and wall time of the named steps of a job."""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.util.profiling import timed
from djtrans.core.util.progress import Progress, ProgressCallback


def _event_callback(callback: Callable[..., Any] | None) -> ProgressCallback | None:
    """Adapt a callback with the former signature, ``(step, fraction)``."""
    if callback is None or _takes_one(callback):
        return callback
    former = callback
    warnings.warn(
        "A progress callback receives one djtrans.core.util.progress.Progress event; the signature "
        "(step, fraction) is deprecated.",
        DeprecationWarning,
        stacklevel=4,
    )
    return lambda event: former(event.stage, event.done)


def _takes_one(callback: Callable[..., Any]) -> bool:
    try:
        inspect.signature(callback).bind(None)
    except TypeError:
        return False
    except ValueError:  # a built-in without a signature
        return True
    return True


@attrs.define
class Steps:
    """Report the named steps of a call and measure their wall time.

    Attributes
    ----------
    callback : callable, optional
        Receives the events.
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

    callback: ProgressCallback | None = attrs.field(default=None, converter=_event_callback)
    seconds: dict[str, float] = attrs.field(factory=dict)

    def progress(self, name: str) -> FractionCallback:
        """Give the callback of a step that may turn out to have no work."""

        def report(fraction: float) -> None:
            if self.callback is not None:
                self.callback(Progress(name, fraction, 1.0))

        return report

    @contextmanager
    def step(self, name: str) -> Iterator[FractionCallback]:
        """Run one step; yields the callback for the fraction of it that is done."""
        report = self.progress(name)
        report(0.0)
        begin = time.perf_counter()
        with timed(name):
            yield report
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin
        report(1.0)


def half_progress(callback: FractionCallback, index: int) -> FractionCallback:
    """Scale the progress of the first (0) or second (1) of two equal parts to the whole."""

    def report(fraction: float) -> None:
        callback((index + fraction) / 2)

    return report
