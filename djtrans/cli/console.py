"""What the command says: errors, warnings and progress on stderr, results on stdout."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from djtrans.pipeline.progress import StepProgress

#: Steps that take no time worth showing get no line of their own.
_QUICK_SECONDS = 1.0


def say_error(message: str) -> None:
    """Print an error on one line."""
    click.echo("djtrans: error: " + " ".join(message.split()), err=True)


def fail(message: str) -> NoReturn:
    """Print an error on one line and exit with 2."""
    say_error(message)
    sys.exit(2)


def counted(number: int, noun: str) -> str:
    """A number and its noun: ``1 pair``, ``2 pairs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def show_warnings() -> None:
    """Print warnings on one line each, without the place in the code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        click.echo("djtrans: warning: " + " ".join(str(message).split()), err=True)

    warnings.showwarning = show
    # What a dependency thinks of its own dependencies is nothing a user can act on.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)


@contextmanager
def reporting(quiet: bool) -> Iterator[StepProgress | None]:
    """Show the progress of a job: bars on a terminal, a line for each long step elsewhere.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Yields
    ------
    callable or None
        What to hand to the job as its `progress`.
    """
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator[StepProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:>10}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def report(step: str, fraction: float) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=1.0)
            bars.update(tasks[step], completed=fraction)

        yield report


def _lines() -> StepProgress:
    begun: dict[str, float] = {}
    done: set[str] = set()

    def report(step: str, fraction: float) -> None:
        now = time.monotonic()
        begin = begun.setdefault(step, now)
        if fraction < 1.0 or step in done:
            return
        done.add(step)
        if now - begin >= _QUICK_SECONDS:
            click.echo(f"djtrans: {step} took {now - begin:.1f} s", err=True)

    return report
