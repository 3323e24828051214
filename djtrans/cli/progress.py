"""Show progress events on stderr: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import click

from djtrans.cli.console import is_verbose

if TYPE_CHECKING:
    from djtrans.core.util.progress import Progress, ProgressCallback

#: Seconds between two lines of one stage.
LINE_SECONDS = 10.0
#: Steps shorter than this get no line of their own.
_QUICK_SECONDS = 1.0


def progress_line(event: Progress, rate: float | None) -> str:
    """Format the progress of a stage of counted units.

    Parameters
    ----------
    event : Progress
        Event with the units done and in total.
    rate : float, optional
        Units of this run per second.
    """
    parts = [f"{event.done} of {event.total} {event.stage}"]
    if event.message:
        parts.append(event.message)
    if rate:
        parts.append(f"{60 * rate:.1f} a minute")
        if event.total is not None and event.done < event.total:
            left = round((event.total - event.done) / rate)
            parts.append(f"{left // 60}:{left % 60:02d} left")
    return ", ".join(parts)


def _never(_: Progress) -> bool:
    return False


@contextmanager
def show_progress(
    quiet: bool,
    describe: Callable[[Progress, float | None], str] = progress_line,
    *,
    bars: bool = True,
    always: Callable[[Progress], bool] = _never,
) -> Iterator[ProgressCallback | None]:
    """Show the progress of a call on stderr.

    A step reported in fractions becomes a bar, or one line with its wall time if it took a second
    or more; counted units become a bar with rate and remaining time, or a line every 10 s.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    describe : callable
        Formats an event of counted units; takes the event and the rate in units per second.
    bars : bool
        Show bars if stderr is a terminal; False: print lines there, too.
    always : callable
        Returns True for events that are printed however little time has passed.

    Yields
    ------
    callable or None
        To be passed as `progress`.
    """
    if quiet:
        yield None
    elif bars and sys.stderr.isatty() and not is_verbose():
        with _bars(describe) as callback:
            yield callback
    else:
        yield _Lines(describe, always)


@attrs.define
class _Rates:
    """Rate of each stage since its first event, which may include units of a resumed run."""

    first: dict[str, tuple[float, float]] = attrs.field(factory=dict)

    def seconds(self, event: Progress) -> float:
        """Return the wall time since the first event of the stage."""
        return time.monotonic() - self.first.setdefault(event.stage, (time.monotonic(), 0.0))[0]

    def rate(self, event: Progress) -> float | None:
        """Return units per second, or None before the first is finished."""
        now = time.monotonic()
        begin, before = self.first.setdefault(event.stage, (now, event.done))
        fresh = event.done - before
        return fresh / (now - begin) if fresh > 0 and now > begin else None


@attrs.define
class _Lines:
    """Print lines, for output that is no terminal."""

    describe: Callable[[Progress, float | None], str]
    always: Callable[[Progress], bool]
    rates: _Rates = attrs.field(factory=_Rates)
    shown: dict[str, float] = attrs.field(factory=dict)
    finished: set[str] = attrs.field(factory=set)

    def __call__(self, event: Progress) -> None:
        if isinstance(event.total, float):
            self._step(event)
        else:
            self._units(event)

    def _step(self, event: Progress) -> None:
        is_new = event.stage not in self.rates.first
        seconds = self.rates.seconds(event)
        if is_new and is_verbose():
            click.echo(f"djtrans: {event.stage} ...", err=True)
        if event.done >= 1.0 and event.stage not in self.finished:
            self.finished.add(event.stage)
            if seconds >= _QUICK_SECONDS or is_verbose():
                click.echo(f"djtrans: {event.stage} took {seconds:.1f} s", err=True)

    def _units(self, event: Progress) -> None:
        now, rate = time.monotonic(), self.rates.rate(event)
        recent = now - self.shown.get(event.stage, float("-inf")) < LINE_SECONDS
        if recent and event.done != event.total and not self.always(event):
            return
        self.shown[event.stage] = now
        click.echo(f"djtrans: {self.describe(event, rate)}", err=True)


@contextmanager
def _bars(describe: Callable[[Progress, float | None], str]) -> Iterator[ProgressCallback]:
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description:>10}", markup=False),
        rich.BarColumn(),
        rich.TimeElapsedColumn(),
    )
    rates = _Rates()
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(event: Progress) -> None:
            if event.stage not in tasks:
                tasks[event.stage] = bars.add_task(event.stage, total=event.total)
            text = event.stage
            if not isinstance(event.total, float):
                text = describe(event, rates.rate(event))
            bars.update(
                tasks[event.stage], completed=event.done, total=event.total, description=text
            )

        yield show
