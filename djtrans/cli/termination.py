"""End on SIGTERM as on Ctrl-C: temporary files are removed, and training saves a checkpoint."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Exit codes of a shell for a program that a signal ended.
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
#: A signal that cannot raise an exception now is handled after so long.
_RETRY_SECONDS = 0.005


@contextmanager
def interrupt_on_sigterm() -> Iterator[list[int]]:
    """Treat SIGTERM as SIGINT inside the block, and let neither be lost.

    Job schedulers and containers send SIGTERM, and kill some seconds later. An exception that a
    handler raises while libsndfile reads through Python is printed and forgotten, and the file
    seems to end there; so handlers wait until it has returned.

    Yields
    ------
    list of int
        Empty until SIGTERM arrives; from then on its number.
    """
    received: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            received.append(number)
        if hasattr(signal, "setitimer") and _exceptions_are_lost(frame):
            signal.setitimer(signal.ITIMER_REAL, _RETRY_SECONDS)
            return
        # A program in the background of a script ignores SIGINT, and has no handler of it.
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler) or handler is interrupt:
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    # Handlers can be set in the main thread alone; one that a caller has set is its own.
    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield received
        return
    usual: dict[int, Any] = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
    }
    if hasattr(signal, "SIGALRM"):
        usual[signal.SIGALRM] = signal.SIG_DFL
    ours = [number for number, handler in usual.items() if signal.getsignal(number) is handler]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in ours:
            signal.signal(number, usual[number])


def _exceptions_are_lost(frame: FrameType | None) -> bool:
    """Return True in a function of soundfile that libsndfile calls."""
    while frame is not None:
        code = frame.f_code
        if code.co_name.startswith("vio_") and os.path.basename(code.co_filename) == "soundfile.py":
            return True
        frame = frame.f_back
    return False
