"""Run a function in a thread while the caller goes on."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def may_run_beside() -> bool:
    """Return True if a second thread is of use.

    It is if torch uses more than one, which it does not in worker processes, on one core, or with
    ``OMP_NUM_THREADS=1``.
    """
    import torch

    return torch.get_num_threads() > 1


def in_background(
    function: Callable[[], T], context: contextvars.Context | None = None
) -> Callable[[], T]:
    """Start a function in a thread.

    Parameters
    ----------
    function : callable
        Must be safe to run beside the caller.
    context : Context, optional
        Context to run in; by default a copy of the caller's, so that the time is part of the
        caller's profile.

    Returns
    -------
    callable
        Waits for the result and returns it, or raises what the function raised; may be called
        several times.

    Examples
    --------
    >>> from djtrans.core.util.background import in_background
    >>> result = in_background(lambda: 6 * 7)
    >>> result()
    42
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - it is raised in the calling thread
            future.set_exception(error)

    # An interrupt does not wait for a daemon thread.
    context = context or contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    return future.result
