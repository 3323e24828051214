"""Compare techniques over many pairs, in parallel and resumable."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

import djtrans
from djtrans.core.errors import InputError
from djtrans.core.registration.catalog import Component
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.evaluation.comparison import Comparison, Outcome
from djtrans.evaluation.pair_evaluation import EvaluationOptions, evaluate_pair
from djtrans.evaluation.pairs import TrackPair
from djtrans.evaluation.stored_outcomes import (
    known_outcomes,
    outcome_file,
    read_outcome,
    report_outdated,
    write_outcome,
)
from djtrans.metrics.registered import metric_values, metric_versions
from djtrans.pipeline.executors import one_thread, open_executor
from djtrans.pipeline.jobs import Job
from djtrans.registry import Registry, default_registry

#: Subfolder of the output with the results of each technique and pair.
UNITS = "units"


@attrs.frozen
class _Task:
    """Techniques of one pair that remain to be measured, which share its preparation."""

    pair: TrackPair
    remaining: tuple[str, ...]
    paths: dict[str, Path]
    options: EvaluationOptions

    def run(self, registry: Registry) -> Iterator[tuple[str, Outcome]]:
        """Measure the techniques and write each outcome to its file."""
        for outcome in evaluate_pair(
            self.pair, tuple(self.paths), self.options, registry, only=self.remaining
        ):
            path = self.paths[outcome.technique]
            write_outcome(path, outcome)
            yield str(path), outcome


def compare(
    pairs: Sequence[TrackPair],
    techniques: Sequence[str] = (),
    *,
    output: str | os.PathLike[str],
    options: EvaluationOptions | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
    skipped: Sequence[tuple[str, str]] = (),
    plugin_files: Sequence[str] = (),
    registry: Registry | None = None,
) -> Comparison:
    """Compare techniques over pairs of tracks.

    Each result of a technique on a pair is a file in ``output/units``. A run that was stopped
    resumes from these files and gives the same table.

    Parameters
    ----------
    pairs : sequence of TrackPair
        Pairs with unique names.
    techniques : sequence of str
        Names; by default all registered techniques. A technique that does not fit a pair becomes
        an outcome with a reason.
    output : path
        Folder to write to; created if missing.
    options : EvaluationOptions, optional
        Options of all transitions.
    workers : int
        Worker processes of one torch thread each; 1: this process.
    progress : callable, optional
        Receives a `Progress` event per result; `done` includes those of an earlier run.
    skipped : sequence of (str, str)
        Files that were skipped, and why; copied to the comparison.
    plugin_files : sequence of path
        Plugin files that workers load, too.
    registry : Registry, optional
        Registry of the components; not allowed with several workers, which have their own.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If names repeat, an option is not allowed, or another run holds the folder.
    PluginError
        If a technique or the separator is not registered.
    DjtransError
        If a worker dies.

    See Also
    --------
    write_report : Writes tables and a plot of the result.
    synthesized_pairs : Pairs without audio files.

    Examples
    --------
    >>> from djtrans.evaluation import compare, synthesized_pairs, write_report
    >>> comparison = compare(synthesized_pairs(4), output="out")  # doctest: +SKIP
    >>> write_report(comparison, "out")  # doctest: +SKIP
    """
    options = options or EvaluationOptions()
    check_folder("The output folder", output)
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
    with folder_lock(output, "djtrans evaluate"):
        outcomes = _measure(
            pairs, names, Path(output) / UNITS, options, workers, progress, plugin_files, registry
        )
    return Comparison(outcomes=outcomes, skipped=tuple(skipped), metrics=metric_values(registry))


def _measure(
    pairs: Sequence[TrackPair],
    names: tuple[str, ...],
    folder: Path,
    options: EvaluationOptions,
    workers: int,
    progress: ProgressCallback | None,
    plugin_files: Sequence[str],
    registry: Registry,
) -> list[Outcome]:
    """Measure what is not in the folder, and return all outcomes in order."""
    folder.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder)
    order: list[Path] = []
    known: dict[str, Outcome] = {}
    tasks: list[_Task] = []
    for pair in pairs:
        wanted = _resolve([pair.technique], registry) if pair.technique else names
        depends = _depends(pair, wanted, options, registry)
        paths = {name: outcome_file(folder, pair.label, name, depends) for name in wanted}
        order += paths.values()
        found = known_outcomes(paths.values())
        remaining = tuple(name for name in wanted if str(paths[name]) not in found)
        for name in remaining:
            paths[name].unlink(missing_ok=True)  # a damaged one would be counted as measured
        known |= found
        if remaining:
            tasks.append(_Task(pair, remaining, paths, options))
    report_outdated(folder, order)
    job: Job[Outcome] = Job(
        stage="units",
        keys=[str(path) for path in order],
        known=known,
        is_failure=lambda outcome: not outcome.ok,
        failing="not measurable",
        progress=progress,
    )
    # Workers have their own registries: this one cannot be pickled.
    work = partial(_run_task, registry=registry if workers == 1 else None)
    with one_thread(), open_executor(workers, plugin_files=plugin_files) as pool:
        # Progress counts files, not tasks, since a pair has many results and takes long.
        return job.run(work, tasks, pool, read=_read_if_there)


def _resolve(techniques: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """Resolve names to unique qualified names."""
    if not techniques:
        return tuple(component.name for component in registry.techniques)
    return tuple(dict.fromkeys(registry.techniques.find(name).name for name in techniques))


def _depends(
    pair: TrackPair, techniques: Sequence[str], options: EvaluationOptions, registry: Registry
) -> str:
    """Serialize what the results of a pair depend on; all techniques, as they share a swap."""
    found: list[Component[Any]] = [registry.techniques.find(name) for name in techniques]
    found.append(registry.separators.find(options.separator))
    content = [
        pair.identity,
        [(component.name, component.declaration.version) for component in found],
        attrs.asdict(options),
        metric_versions(registry),
        djtrans.__version__,
    ]
    return json.dumps(content, sort_keys=True)


def _read_if_there(path: str) -> Outcome | None:
    return read_outcome(Path(path)) if os.path.exists(path) else None


def _run_task(task: _Task, registry: Registry | None = None) -> Iterator[tuple[str, Outcome]]:
    yield from task.run(registry or default_registry())
