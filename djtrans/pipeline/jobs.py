"""Resumable jobs: units of work that run anywhere, in any order, and are counted as they finish."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing
from functools import partial
from typing import Generic, TypeVar

import attrs

from djtrans.core.util.progress import Progress, ProgressCallback

_POLL_SECONDS = 0.5

Task = TypeVar("Task")
Unit = TypeVar("Unit")
Result = TypeVar("Result")


def _never(_: object) -> bool:
    return False


@attrs.define(kw_only=True)
class Job(Generic[Result]):
    """Units of work with one key each; what an earlier run finished is counted, not done again.

    A failed unit has a result, too, so that one failure does not end the others. Only what the next
    run may do better, such as writing to a full disk, is raised.

    Attributes
    ----------
    stage : str
        What the units are, in the plural: the stage of the progress events.
    keys : sequence of str
        Of all units, in the order of the results.
    known : mapping of str to Result
        Results that an earlier run left, by key.
    resumed : collection of str
        Keys of other units that an earlier run finished, and whose tasks only read the result.
    is_failure : callable
        Whether a result is a failure.
    failing : str
        What failures are called in messages.
    progress : callable, optional
        Receives an event at the start and one for each unit.
    """

    stage: str
    keys: Sequence[str]
    known: Mapping[str, Result] = attrs.field(factory=dict)
    resumed: Collection[str] = ()
    is_failure: Callable[[Result], bool] = _never
    failing: str = "failed"
    progress: ProgressCallback | None = None
    _results: dict[str, Result] = attrs.field(factory=dict, init=False)
    _finished: set[str] = attrs.field(factory=set, init=False)
    _failed: int = attrs.field(default=0, init=False)

    def run(
        self,
        work: Callable[[Task], Iterable[tuple[str, Result]]],
        tasks: Sequence[Task],
        executor: Executor | None = None,
        read: Callable[[str], Result | None] | None = None,
    ) -> list[Result]:
        """Do all tasks.

        Parameters
        ----------
        work : callable
            Gives the key and result of each unit of one task. For an executor, a function of a
            module or a partial of one.
        tasks : sequence
            Together they cover all units but the known ones.
        executor : Executor, optional
            None does the work in this process.
        read : callable, optional
            Gives the result of a key, None if it is not there yet: counts the units of a long task
            while it runs in an executor.

        Returns
        -------
        list of Result
            In the order of `keys`, whatever the order in which they finished.
        """
        self._results = dict(self.known)
        self._finished = {*self.known, *self.resumed}
        self._failed = sum(map(self.is_failure, self.known.values()))
        self._report()
        with closing(self._results_of(work, tasks, executor, read)) as results:
            for key, result in results:
                if key not in self._results:
                    self._results[key] = result
                    self._finished.add(key)
                    self._failed += self.is_failure(result)
                    self._report()
        return [self._results[key] for key in self.keys]

    def run_each(
        self,
        work: Callable[[Unit], Result],
        units: Sequence[Unit],
        executor: Executor | None = None,
    ) -> list[Result]:
        """Do tasks of one unit each.

        Parameters
        ----------
        work : callable
            Gives the result of one unit; see :meth:`run`.
        units : sequence
            One for each of `keys`; those of known results are passed over.
        executor : Executor, optional

        Returns
        -------
        list of Result
            In the order of the units.
        """
        tasks = [pair for pair in zip(self.keys, units, strict=True) if pair[0] not in self.known]
        return self.run(partial(_run_unit, work), tasks, executor)

    def _results_of(
        self,
        work: Callable[[Task], Iterable[tuple[str, Result]]],
        tasks: Sequence[Task],
        executor: Executor | None,
        read: Callable[[str], Result | None] | None,
    ) -> Generator[tuple[str, Result], None, None]:
        if executor is None:
            for task in tasks:
                yield from work(task)
            return
        running: set[Future[list[tuple[str, Result]]]] = {
            executor.submit(_list_of, work, task) for task in tasks
        }
        try:
            while running:
                timeout = None if read is None else _POLL_SECONDS
                for future in wait(running, timeout, FIRST_COMPLETED).done:
                    yield from future.result()
                    running.discard(future)
                if read is not None:
                    for key in self.keys:
                        if key not in self._results and (result := read(key)) is not None:
                            yield key, result
        finally:
            for future in running:
                future.cancel()

    def _report(self) -> None:
        if self.progress is None:
            return
        resumed = len({*self.known, *self.resumed})
        parts = [f"{resumed} from an earlier run"] if resumed else []
        if self._failed:
            parts.append(f"{self._failed} {self.failing}")
        self.progress(
            Progress(
                self.stage,
                len(self._finished),
                len(self.keys),
                ", ".join(parts),
                {"resumed": resumed, "failed": self._failed},
            )
        )


def _run_unit(
    work: Callable[[Unit], Result], task: tuple[str, Unit]
) -> Iterator[tuple[str, Result]]:
    key, unit = task
    yield key, work(unit)


def _list_of(
    work: Callable[[Task], Iterable[tuple[str, Result]]], task: Task
) -> list[tuple[str, Result]]:
    return list(work(task))
