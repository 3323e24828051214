"""Run systems on datasets, resumable."""

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
from djtrans.benchmarking import mixer_speed
from djtrans.benchmarking.annotations import AnnotatedTrack
from djtrans.benchmarking.datasets import dataset_named
from djtrans.benchmarking.results import Benchmark, TrackResult, known_results, write_result
from djtrans.benchmarking.scores import VERSION, require_mir_eval
from djtrans.benchmarking.systems import (
    ANALYZER,
    DEFAULT,
    INVERSE,
    MIXER,
    MODEL,
    SEPARATOR,
    TECHNIQUE,
    Item,
    System,
    all_scores,
    find_systems,
)
from djtrans.benchmarking.unmixdb import FadedTransition
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.track.stem_files import stems_hash
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.names import slug
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.pipeline.executors import one_thread, open_executor
from djtrans.pipeline.jobs import Job
from djtrans.registry import Registry, default_registry

#: Subfolder of the output with the result of each track and system.
UNITS = "units"
_DIGITS = 12
#: What systems are scored on, by kind.
_NEEDS = {
    ANALYZER: "give a dataset with annotations",
    SEPARATOR: "give a dataset with true stems",
    TECHNIQUE: "give pairs=FILE.csv",
    MODEL: "give pairs=FILE.csv",
    INVERSE: "give unmixdb=FOLDER",
}


@attrs.frozen
class _Unit:
    """An item of a dataset, the system to be run on it, and the file of its result."""

    dataset: str
    item: Item
    system: System
    file: Path


def benchmark(
    folders: Mapping[str, str | os.PathLike[str]],
    analyzers: Sequence[str] = (DEFAULT, "librosa"),
    *,
    separators: Sequence[str] = (),
    techniques: Sequence[str] = (),
    models: Sequence[str] = (),
    inverse: Sequence[str] = (),
    mixers: Sequence[str] = (),
    output: str | os.PathLike[str],
    limit: int | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
    plugin_files: Sequence[str] = (),
    registry: Registry | None = None,
) -> Benchmark:
    """Compare analyzers, separators, techniques and models on datasets, and the speed of mixers.

    Each result is a file in ``output/units``, by the content of the audio, its annotations and
    stems, the system and the versions. A run that was stopped resumes from these files. Corrections
    beside the tracks are not applied.

    Parameters
    ----------
    folders : mapping of str to path
        Folder of each dataset, or its file, by its name; see :func:`datasets`.
    analyzers : sequence of str
        Names of registered analyzers; ``default`` is that of all commands.
    separators : sequence of str
        Names of registered separators; ``mixture`` is the mix as every stem.
    techniques : sequence of str
        Names of registered techniques, whose rules make transitions between the pairs of the
        dataset ``pairs``.
    models : sequence of str
        Models as :func:`djtrans.load_model` takes them; ``bundled`` is the bundled one, and
        ``default`` what :func:`djtrans.generate` makes by default.
    inverse : sequence of str
        Methods of inverse mixing, for the dataset ``unmixdb``: ``fit``, that of ``djtrans fit``,
        and ``convex``, an estimate of the literature.
    mixers : sequence of str
        Names of registered mixers, whose CPU time is measured, in rounds; they need no dataset.
    output : path
        Folder to write to; created if missing.
    limit : int, optional
        Largest number of tracks or pairs of each dataset, spread evenly over their names.
    workers : int
        Worker processes of one thread each; 1: this process.
    progress : callable, optional
        Receives a `Progress` event per result.
    plugin_files : sequence of path
        Plugin files that workers load, too.
    registry : Registry, optional
        Registry of the systems; not allowed with several workers, which have their own.

    Returns
    -------
    Benchmark

    Raises
    ------
    DependencyError
        If there are analyzers, and mir_eval is not installed.
    InputError
        If a dataset is unknown or has no tracks, no system can be scored on any of them, or an
        option is not allowed.
    PluginError
        If a system is not registered.
    FormatError
        If a model cannot be loaded.

    Examples
    --------
    >>> from djtrans.benchmarking import benchmark, write_benchmark
    >>> result = benchmark({"modules": "rendered"}, output="out")  # doctest: +SKIP
    >>> write_benchmark(result, "out")  # doctest: +SKIP

    See Also
    --------
    write_benchmark : Writes tables and a plot of the result.
    """
    check_folder("The output folder", output, {f"dataset {n}": f for n, f in folders.items()})
    for name, value in (("limit", limit), ("workers", workers)):
        if value is not None and value < 1:
            raise InputError(f"{name} = {value} is not allowed; give 1 or more.")
    if workers > 1 and registry is not None:
        raise InputError("Several workers cannot share a registry; give workers=1 or no registry.")
    registry = registry or default_registry()
    systems = find_systems(
        registry,
        analyzers=analyzers,
        separators=separators,
        techniques=techniques,
        models=models,
        inverse=inverse,
        mixers=mixers,
    )
    chosen: dict[str, tuple[Sequence[Item], int]] = {
        name: dataset_named(name).tracks(folder, limit) for name, folder in folders.items()
    }
    if mixers:
        rounds = mixer_speed.mixer_rounds()
        chosen[mixer_speed.DATASET] = rounds, len(rounds)
    for system in systems:
        if not any(system.applies(item) for items, _ in chosen.values() for item in items):
            raise InputError(
                f"The {system.kind} {system.name} has nothing to be scored on; "
                f"{_NEEDS[system.kind]}."
            )
    versions = _versions(systems)
    with folder_lock(output, "djtrans bench"):
        units_folder = Path(output) / UNITS
        units_folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(units_folder)
        units = [
            unit
            for name, (items, _) in chosen.items()
            for item in items
            for unit in _units(name, item, systems, units_folder)
        ]
        job: Job[TrackResult] = Job(
            stage="results",
            keys=[str(unit.file) for unit in units],
            known=known_results([unit.file for unit in units]),
            is_failure=lambda result: not result.ok,
            failing="rejected",
            progress=progress,
        )
        work = partial(_measure, registry=registry if workers == 1 else None)
        with one_thread(), open_executor(workers, plugin_files=plugin_files) as pool:
            results = job.run_each(work, units, pool)
    return Benchmark(
        results=results,
        systems=[system.name for system in systems],
        found={name: found for name, (_, found) in chosen.items()},
        scores=all_scores(registry),
        software={**versions, "decoders": ", ".join(sorted({r.decoder for r in results} - {""}))},
    )


def _versions(systems: Sequence[System]) -> dict[str, str]:
    """Return what the systems depend on besides themselves, for the report."""
    kinds = {system.kind for system in systems}
    versions = {"djtrans": djtrans.__version__}
    if ANALYZER in kinds:
        versions["mir_eval"] = str(require_mir_eval().__version__)
    if MIXER in kinds:
        processor, torch = json.loads(mixer_speed.machine())
        versions |= {"torch": torch, "on": processor}
    return versions


def _units(dataset: str, item: Item, systems: Sequence[System], folder: Path) -> list[_Unit]:
    """Name the result of each system that applies by all that it depends on."""
    applying = [system for system in systems if system.applies(item)]
    if not applying:
        return []
    depends = [_content(item), djtrans.__version__, VERSION]
    units = []
    for system in applying:
        content = json.dumps([dataset, *depends, *attrs.astuple(system)], sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
        name = slug(f"{dataset} {item.name} {short_name(system.name)}")
        units.append(_Unit(dataset, item, system, folder / f"{name}-{digest}.json"))
    return units


def _content(item: Item) -> Any:
    """Return the content of an item, JSON-ready."""
    if isinstance(item, AnnotatedTrack):
        stems = None if item.stems is None else stems_hash(item.stems)
        return [file_hash(item.audio), attrs.asdict(item.annotations), stems]
    if isinstance(item, mixer_speed.MixerRound):
        return attrs.asdict(item)
    if isinstance(item, FadedTransition):
        files = item.audio, *(track.audio for track in item.tracks)
        facts = attrs.asdict(item, filter=lambda field, _: field.name != "audio")
        return [*map(file_hash, files), facts]
    return [item.identity, item.technique]


def _measure(unit: _Unit, registry: Registry | None) -> TrackResult:
    """Run a system on an item, score it, and write the result."""
    result = TrackResult(dataset=unit.dataset, track=unit.item.name, system=unit.system.name)
    try:
        result = attrs.evolve(result, **unit.system.measure(unit.item, registry))
    except DjtransError as error:
        result = attrs.evolve(result, reason=str(error))
    write_result(unit.file, result)
    return result
