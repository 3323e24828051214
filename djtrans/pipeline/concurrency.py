"""Process both tracks of a pair at once."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.transition.pair import Pair
from djtrans.core.util.background import in_background, may_run_beside
from djtrans.core.util.profiling import timed
from djtrans.pipeline.progress import half_progress

T = TypeVar("T")
U = TypeVar("U")


def run_pair(
    work: Callable[[T, FractionCallback], U],
    items: Pair[T],
    progress: FractionCallback,
    *,
    concurrent: bool,
) -> Pair[U]:
    """Apply a function to both values of a pair, in two threads where cores allow.

    Parameters
    ----------
    work : callable
        Takes a value and a callback for the fraction of its work that is done.
    items : Pair
        The values.
    progress : callable
        Receives the fraction of the work on both that is done, from one thread at a time.
    concurrent : bool
        True if the function may run in two threads at once. It does where a second thread is of
        use, see :func:`~djtrans.core.util.background.may_run_beside`.

    Returns
    -------
    Pair
        Results; the same as in sequence.

    Raises
    ------
    Exception
        What the function raised for A, or else for B.

    Examples
    --------
    >>> run_pair(lambda x, progress: x**2, Pair(2, 3), print, concurrent=False)
    Pair(a=4, b=9)
    """
    if not concurrent or not may_run_beside():
        with timed("A"):
            a = work(items.a, half_progress(progress, 0))
        with timed("B"):
            b = work(items.b, half_progress(progress, 1))
        return Pair(a, b)
    lock, fractions = threading.Lock(), [0.0, 0.0]

    def report(index: int) -> FractionCallback:
        def callback(fraction: float) -> None:
            with lock:
                fractions[index] = fraction
                progress(sum(fractions) / 2)

        return callback

    def work_on_b() -> U:
        with timed("B"):
            return work(items.b, report(1))

    # Both are steps of the caller in a profile, in this order.
    context = contextvars.copy_context()
    try:
        with timed("A"):
            second = in_background(work_on_b, context)
            first = work(items.a, report(0))
    except Exception:
        # Wait for B, which would otherwise go on writing to the cache after the error of A.
        with suppress(BaseException):
            second()
        raise
    return Pair(first, second())
