"""Measure the wall time of named, nested steps as a tree."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

_lock = threading.Lock()
_current: ContextVar[TimedStep | None] = ContextVar("current", default=None)


@attrs.define(eq=False)
class TimedStep:
    """Wall time of a step and of the steps within it.

    Attributes
    ----------
    name : str
    seconds : float
        Wall time of all its runs.
    steps : dict of str to TimedStep
        The steps within it, by name, in the order of their first runs.
    """

    name: str
    seconds: float = 0.0
    steps: dict[str, TimedStep] = attrs.field(factory=dict)

    def step(self, name: str) -> TimedStep:
        """Return the step of this name within it; a new one if there is none."""
        with _lock:
            return self.steps.setdefault(name, TimedStep(name))

    def add(self, seconds: float) -> None:
        """Add the wall time of one run."""
        with _lock:
            self.seconds += seconds


@contextmanager
def profile(name: str, clock: Callable[[], float] = time.perf_counter) -> Iterator[TimedStep]:
    """Measure the steps within a block.

    Parameters
    ----------
    name : str
        Name of the whole.
    clock : callable
        Returns seconds.

    Yields
    ------
    TimedStep
        The whole; complete after the block.

    Examples
    --------
    >>> with profile("whole") as whole:
    ...     with timed("part"):
    ...         pass
    >>> list(whole.steps)
    ['part']
    """
    whole = TimedStep(name)
    with _running(whole, clock):
        yield whole


@contextmanager
def timed(name: str, clock: Callable[[], float] = time.perf_counter) -> Iterator[None]:
    """Measure a step of the block of :func:`profile` around it; without one, only run it.

    Parameters
    ----------
    name : str
        Name of the step; runs of the same name within a step are added up.
    clock : callable
        Returns seconds.
    """
    parent = _current.get()
    if parent is None:
        yield
        return
    with _running(parent.step(name), clock):
        yield


@contextmanager
def _running(step: TimedStep, clock: Callable[[], float]) -> Iterator[None]:
    token = _current.set(step)
    begin = clock()
    try:
        yield
    finally:
        step.add(clock() - begin)
        _current.reset(token)


def profile_lines(whole: TimedStep) -> list[str]:
    """Format a tree of times: seconds and name, indented by depth.

    The time of a step that none of the steps within it covers has a line of its own, ``(itself)``,
    if it is 10 ms or more. Steps that take longer than the one around them run at the same time.

    Parameters
    ----------
    whole : TimedStep
        From :func:`profile`.
    """
    return _lines(whole, 0)


def _lines(step: TimedStep, depth: int) -> list[str]:
    indent = "  " * depth
    within = sum(part.seconds for part in step.steps.values())
    # Readings of the clock at the same moment differ by less.
    at_once = within > step.seconds + 0.001
    lines = [f"{step.seconds:8.2f} s  {indent}{step.name}{' (at the same time:)' * at_once}"]
    for part in step.steps.values():
        lines += _lines(part, depth + 1)
    rest = step.seconds - within
    if step.steps and rest >= 0.01:
        lines.append(f"{rest:8.2f} s  {indent}  (itself)")
    return lines
