"""End on SIGTERM as on Ctrl-C: temporary files are removed, and training saves a checkpoint."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Exit codes of a shell for a program that a signal ended.
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM


@contextmanager
def interrupt_on_sigterm() -> Iterator[list[int]]:
    """Treat SIGTERM as SIGINT inside the block.

    Job schedulers and containers send it, and kill some seconds later.

    Yields
    ------
    list of int
        Empty until SIGTERM arrives; from then on its number.
    """
    received: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        received.append(number)
        # A program in the background of a script ignores SIGINT, and has no handler of it.
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    # Handlers can be set in the main thread alone; one that a caller has set is its own.
    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield received
        return
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
