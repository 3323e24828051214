"""Run analyzers on datasets, resumable."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

import djtrans
from djtrans.benchmarking.annotations import AnnotatedTrack
from djtrans.benchmarking.datasets import dataset_named
from djtrans.benchmarking.results import Benchmark, TrackResult, known_results, write_result
from djtrans.benchmarking.scores import VERSION, require_mir_eval, score
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.registration.catalog import Component
from djtrans.core.track.track import load_track
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.names import slug
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.executors import one_thread, open_executor
from djtrans.pipeline.jobs import Job
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.registry import Registry, default_registry

#: Subfolder of the output with the result of each track and analyzer.
UNITS = "units"
#: Stands for the analyzer that commands use by default.
DEFAULT = "default"
_DIGITS = 12


@attrs.frozen
class _Unit:
    """A track to be analyzed by one analyzer, and the file of its result."""

    dataset: str
    track: AnnotatedTrack
    analyzer: str
    file: Path


def benchmark(
    folders: Mapping[str, str | os.PathLike[str]],
    analyzers: Sequence[str] = (DEFAULT, "librosa"),
    *,
    output: str | os.PathLike[str],
    limit: int | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
    plugin_files: Sequence[str] = (),
    registry: Registry | None = None,
) -> Benchmark:
    """Compare analyzers on annotated datasets.

    Each result is a file in ``output/units``, by the content of the audio, its annotations, the
    analyzer and the versions. A run that was stopped resumes from these files. Corrections beside
    the tracks are not applied.

    Parameters
    ----------
    folders : mapping of str to path
        Folder of each dataset, by its name; see :func:`datasets`.
    analyzers : sequence of str
        Names of registered analyzers; ``default`` is that of all commands.
    output : path
        Folder to write to; created if missing.
    limit : int, optional
        Largest number of tracks of each dataset, spread evenly over their names.
    workers : int
        Worker processes of one thread each; 1: this process.
    progress : callable, optional
        Receives a `Progress` event per result.
    plugin_files : sequence of path
        Plugin files that workers load, too.
    registry : Registry, optional
        Registry of the analyzers; not allowed with several workers, which have their own.

    Returns
    -------
    Benchmark

    Raises
    ------
    DependencyError
        If mir_eval is not installed.
    InputError
        If a dataset is unknown or has no tracks, or an option is not allowed.
    PluginError
        If an analyzer is not registered.

    Examples
    --------
    >>> from djtrans.benchmarking import benchmark, write_benchmark
    >>> result = benchmark({"modules": "rendered"}, output="out")  # doctest: +SKIP
    >>> write_benchmark(result, "out")  # doctest: +SKIP

    See Also
    --------
    write_benchmark : Writes tables and a plot of the result.
    """
    mir_eval = require_mir_eval()
    check_folder("The output folder", output, {f"dataset {n}": f for n, f in folders.items()})
    for name, value in (("limit", limit), ("workers", workers)):
        if value is not None and value < 1:
            raise InputError(f"{name} = {value} is not allowed; give 1 or more.")
    if workers > 1 and registry is not None:
        raise InputError("Several workers cannot share a registry; give workers=1 or no registry.")
    registry = registry or default_registry()
    components = _components(analyzers, registry)
    chosen = {name: dataset_named(name).tracks(folder, limit) for name, folder in folders.items()}
    with folder_lock(output, "djtrans bench"):
        units_folder = Path(output) / UNITS
        units_folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(units_folder)
        versions = {"djtrans": djtrans.__version__, "mir_eval": str(mir_eval.__version__)}
        units = [
            unit
            for name, (tracks, _) in chosen.items()
            for track in tracks
            for unit in _units(name, track, components, versions, units_folder)
        ]
        job: Job[TrackResult] = Job(
            stage="results",
            keys=[str(unit.file) for unit in units],
            known=known_results([unit.file for unit in units]),
            is_failure=lambda result: not result.ok,
            failing="not analyzed",
            progress=progress,
        )
        work = partial(_measure, registry=registry if workers == 1 else None)
        with one_thread(), open_executor(workers, plugin_files=plugin_files) as pool:
            results = job.run_each(work, units, pool)
    return Benchmark(
        results=results,
        analyzers=[component.name for component in components],
        found={name: found for name, (_, found) in chosen.items()},
        software={**versions, "decoders": ", ".join(sorted({r.decoder for r in results} - {""}))},
    )


def _components(names: Sequence[str], registry: Registry) -> list[Component[Any]]:
    """Find the analyzers, each once."""
    if not names:
        raise InputError("Give at least one analyzer.")
    found = [registry.analyzers.find(DEFAULT_ANALYZER if n == DEFAULT else n) for n in names]
    return list({component.name: component for component in found}.values())


def _units(
    dataset: str,
    track: AnnotatedTrack,
    components: Sequence[Component[Any]],
    versions: Mapping[str, str],
    folder: Path,
) -> list[_Unit]:
    """Name the result of each analyzer by all that it depends on."""
    depends = [file_hash(track.audio), attrs.asdict(track.annotations), dict(versions), VERSION]
    units = []
    for component in components:
        content = json.dumps(
            [dataset, *depends, component.name, component.declaration.version], sort_keys=True
        )
        digest = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
        name = slug(f"{dataset} {track.name} {short_name(component.name)}")
        units.append(_Unit(dataset, track, component.name, folder / f"{name}-{digest}.json"))
    return units


def _measure(unit: _Unit, registry: Registry | None) -> TrackResult:
    """Analyze and score a track, and write the result."""
    result = TrackResult(dataset=unit.dataset, track=unit.track.name, analyzer=unit.analyzer)
    try:
        loaded = load_track(unit.track.audio)
        analysis = analyze_track(loaded, analyzer=unit.analyzer, corrected=False, registry=registry)
    except DjtransError as error:
        result = attrs.evolve(result, reason=str(error))
    else:
        result = attrs.evolve(
            result,
            scores=score(analysis, unit.track.annotations),
            bpm=float(analysis.grid.bpm),
            key=analysis.key.name,
            decoder=loaded.decoder,
        )
    write_result(unit.file, result)
    return result
