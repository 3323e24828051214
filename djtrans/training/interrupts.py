"""Interrupts of a training run."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT into a stop request; the second one raises KeyboardInterrupt.

    Yields
    ------
    callable
        Returns True after the first SIGINT.
    """
    requested = False

    def request_stop(number: int, frame: FrameType | None) -> None:
        nonlocal requested
        if requested:
            raise KeyboardInterrupt
        requested = True

    try:
        before: Any = signal.signal(signal.SIGINT, request_stop)
    except ValueError:  # not in the main thread, which alone receives signals
        yield lambda: False
        return
    try:
        yield lambda: requested
    finally:
        signal.signal(signal.SIGINT, before)
