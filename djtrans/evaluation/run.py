"""A comparison: many pairs, several techniques, in parallel, and on from where it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TypeAlias

import attrs

import djtrans
from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.evaluation.comparison import Comparison, Outcome
from djtrans.evaluation.pairs import Pair
from djtrans.evaluation.work import EvaluationOptions, evaluate_pair
from djtrans.metrics.catalog import METRICS
from djtrans.pipeline.executors import one_thread, processes
from djtrans.registry import Registry, default_registry

#: Told how many units are done, of how many, how many of them before this run, and how many failed.
Tell: TypeAlias = "Callable[[int, int, int, int], None]"
#: Folder of the results of single units, within the output.
UNITS = "units"
_POLL_SECONDS = 0.5


@attrs.frozen
class _Job:
    """The work on one pair that is left to do."""

    pair: Pair
    left: tuple[str, ...]
    paths: dict[str, Path]
    options: EvaluationOptions

    def run(self, registry: Registry) -> Iterator[Outcome]:
        for outcome in evaluate_pair(
            self.pair, tuple(self.paths), self.options, registry, only=self.left
        ):
            text = json.dumps(attrs.asdict(outcome), indent=1)
            write_text(self.paths[outcome.technique], text + "\n")
            yield outcome


def compare(
    pairs: Sequence[Pair],
    techniques: Sequence[str] = (),
    *,
    output: str | os.PathLike[str],
    options: EvaluationOptions | None = None,
    workers: int = 1,
    progress: Tell | None = None,
    skipped: Sequence[tuple[str, str]] = (),
    plugin_files: Sequence[str] = (),
    registry: Registry | None = None,
) -> Comparison:
    """Compare techniques over pairs of tracks.

    Every unit of work, a technique on a pair, leaves one file in ``output/units`` when it is
    done. A run that was stopped goes on from there and gives the same table.

    Parameters
    ----------
    pairs : sequence of Pair
        With names of their own.
    techniques : sequence of str
        Names; all that are registered if empty. What does not fit a pair becomes a row that says
        why.
    output : path
        Folder to write to; made if it is not there.
    options : EvaluationOptions, optional
    workers : int
        Processes, each with one torch thread. With 1 the work is done in this process.
    progress : callable, optional
        See :data:`Tell`.
    skipped : sequence of (str, str)
        Files that were left out, and why: passed on into the comparison.
    plugin_files : sequence of path
        Plugins that workers load too.
    registry : Registry, optional
        Not with several workers, which have their own.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If names repeat or an option is not allowed.
    PluginError
        If a technique or the separator is not registered.
    DjtransError
        If a worker dies.
    """
    options = options or EvaluationOptions()
    if workers < 1:
        raise InputError(f"workers = {workers} is not allowed; give 1 or more.")
    if workers > 1 and registry is not None:
        raise InputError("Several workers cannot share a registry; give workers=1 or no registry.")
    registry = registry or default_registry()
    registry.separators.find(options.separator)
    registry.mixers.find(options.mixer)
    names = _resolve(techniques, registry)
    repeated = {p.label for p in pairs if sum(q.label == p.label for q in pairs) > 1}
    if repeated:
        raise InputError(f"Several pairs are named {min(repeated)!r}; give each its own name.")
    folder = Path(output) / UNITS
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot make the folder {folder}: {error.strerror}.") from None
    order: list[Path] = []
    done: dict[Path, Outcome] = {}
    jobs: list[_Job] = []
    for pair in pairs:
        wanted = _resolve([pair.technique], registry) if pair.technique else names
        depends = _depends(pair, wanted, options, registry)
        paths = {name: folder / _file_name(pair, name, depends) for name in wanted}
        order += paths.values()
        done |= {path: _read(path) for path in paths.values() if path.exists()}
        left = tuple(name for name in wanted if paths[name] not in done)
        if left:
            jobs.append(_Job(pair, left, paths, options))
    counter = _Counter(len(order), len(done), sum(not o.ok for o in done.values()), progress)
    counter.tell()
    if workers == 1:
        _run_here(jobs, registry, counter)
    elif jobs:
        _run_in_pool(jobs, workers, tuple(plugin_files), counter)
    outcomes = [done[path] if path in done else _read(path) for path in order]
    return Comparison(outcomes=outcomes, skipped=tuple(skipped))


def _resolve(techniques: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """Qualified names, each once."""
    if not techniques:
        return tuple(component.name for component in registry.techniques)
    return tuple(dict.fromkeys(registry.techniques.find(name).name for name in techniques))


def _depends(
    pair: Pair, techniques: Sequence[str], options: EvaluationOptions, registry: Registry
) -> str:
    """All that the results of a pair depend on; the techniques because they share one swap."""
    found = [registry.techniques.find(name) for name in techniques]
    found.append(registry.separators.find(options.separator))
    content = [
        pair.identity,
        [(component.name, component.declaration.version) for component in found],
        attrs.asdict(options),
        [metric.name for metric in METRICS],
        djtrans.__version__,
    ]
    return json.dumps(content, sort_keys=True)


def _file_name(pair: Pair, technique: str, depends: str) -> str:
    """Readable, and another one as soon as anything that the result depends on changes."""
    digest = hashlib.sha256(f"{technique} {depends}".encode()).hexdigest()[:12]
    said = re.sub(r"[^A-Za-z0-9]+", "-", f"{pair.label} {technique}").strip("-")
    return f"{said[:100]}-{digest}.json"


def _read(path: Path) -> Outcome:
    try:
        return Outcome.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise FormatError(f"Cannot use {path}: {error} Delete it and run again.") from None


@attrs.define
class _Counter:
    total: int
    before: int
    failed: int
    progress: Tell | None
    now: int = 0

    def tell(self) -> None:
        if self.progress is not None:
            self.progress(self.before + self.now, self.total, self.before, self.failed)


def _run_here(jobs: Sequence[_Job], registry: Registry, counter: _Counter) -> None:
    with one_thread():
        for job in jobs:
            for outcome in job.run(registry):
                counter.now += 1
                counter.failed += not outcome.ok
                counter.tell()


def _run_in_pool(
    jobs: Sequence[_Job], workers: int, plugin_files: tuple[str, ...], counter: _Counter
) -> None:
    waiting = {path for job in jobs for name, path in job.paths.items() if name in job.left}
    with processes(min(workers, len(jobs)), plugin_files) as pool:
        running: set[Future[None]] = {pool.submit(_run_job, job) for job in jobs}
        while running:
            ended, running = wait(running, timeout=_POLL_SECONDS)
            for future in ended:
                future.result()
            # Files, not futures, tell what is done: a pair takes long and has many units.
            for path in [path for path in waiting if path.exists()]:
                waiting.discard(path)
                counter.now += 1
                counter.failed += not _read(path).ok
                counter.tell()


def _run_job(job: _Job) -> None:
    for _ in job.run(default_registry()):
        pass
