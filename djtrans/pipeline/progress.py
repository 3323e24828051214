"""Named steps of a job: progress and wall time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import attrs

from djtrans.core.contracts.progress import Progress

#: Told the name of a step and the fraction of it that is done.
Report: TypeAlias = "Callable[[str, float], None]"


@attrs.define
class Steps:
    """Names the steps of a job, reports their progress and keeps their wall time."""

    report: Report | None = None
    seconds: dict[str, float] = attrs.field(factory=dict)

    def progress(self, name: str) -> Progress:
        """What to call with the fraction done of a step that may turn out to be none."""

        def tell(fraction: float) -> None:
            if self.report is not None:
                self.report(name, fraction)

        return tell

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """One step; yields what to call with the fraction done."""
        tell = self.progress(name)
        tell(0.0)
        begin = time.perf_counter()
        yield tell
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin
        tell(1.0)


def half(tell: Progress, done: int) -> Progress:
    """Progress of the first (0) or second (1) of two equal parts of a step."""

    def told(fraction: float) -> None:
        tell((done + fraction) / 2)

    return told
