"""Progress of jobs of many units, with their rate and the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import click

#: Seconds between lines of progress where there is no terminal.
_LINE_SECONDS = 10.0
#: Told how many units are done, of how many, how many of them before this run, and how many failed.
Tell: TypeAlias = "Callable[[int, int, int, int], None]"


@contextmanager
def counting(quiet: bool, what: str, failing: str) -> Iterator[Tell | None]:
    """Show how far a job is: one line that changes on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    what, failing : str
        What the units are, and what those are that failed: ``"units"``, ``"not measurable"``.

    Yields
    ------
    callable or None
        What to hand to the job.
    """
    if quiet:
        yield None
        return
    begin = time.monotonic()
    terminal = sys.stderr.isatty()
    last = [float("-inf")]
    shown = [False]

    def tell(done: int, total: int, before: int, failed: int) -> None:
        now = time.monotonic()
        if not terminal and done < total and now - last[0] < _LINE_SECONDS:
            return
        last[0] = now
        shown[0] = True
        said = progress_line(done, total, before, failed, now - begin, what, failing)
        click.echo(f"\r\x1b[K{said}" if terminal else said, err=True, nl=not terminal)

    yield tell
    if terminal and shown[0]:
        click.echo(err=True)


def progress_line(
    done: int,
    total: int,
    before: int,
    failed: int,
    seconds: float,
    what: str = "units",
    failing: str = "not measurable",
) -> str:
    """How far a job is.

    Parameters
    ----------
    done, total, before, failed : int
        Units that are done, of how many, done by an earlier run, and failed.
    seconds : float
        Since this run began.
    what, failing : str
        See :func:`counting`.
    """
    parts = [f"{done} of {total} {what}"]
    if before:
        parts.append(f"{before} from an earlier run")
    if failed:
        parts.append(f"{failed} {failing}")
    if done > before and seconds > 0:
        rate = (done - before) / seconds
        parts.append(f"{60 * rate:.1f} a minute")
        if done < total:
            left = round((total - done) / rate)
            parts.append(f"{left // 60}:{left % 60:02d} left")
    return "djtrans: " + ", ".join(parts)
