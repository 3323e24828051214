"""A library made into pairs: heard, chosen, made, and on from where it was stopped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import attrs

from djtrans.datasets.preparation.library_scan import ANALYSES, scan_library
from djtrans.datasets.preparation.manifest import write_manifest
from djtrans.datasets.preparation.options import LibraryOptions
from djtrans.datasets.preparation.pair_from_library import PairUnit, make_unit
from djtrans.datasets.preparation.pairing import ChosenPair, choose_pairs, plan_options
from djtrans.datasets.preparation.session import PreparedDataset, Watch, Workshop, open_workshop
from djtrans.pipeline.provenance import separator_declaration


def prepare_library(
    tracks: str | os.PathLike[str],
    output: str | os.PathLike[str],
    options: LibraryOptions | None = None,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    plugin_files: Sequence[str] = (),
    watch: Watch | None = None,
) -> PreparedDataset:
    """Make pairs of the tracks of a library, each with its transition.

    A run that was stopped goes on from what is there and ends with the same set. The set does not
    depend on where its units of work were done.

    Parameters
    ----------
    tracks : path
        Folder of audio files, searched with all folders in it.
    output : path
        Folder to write to; made if it is not there.
    options : LibraryOptions, optional
    workers : int
        Processes, one thread each. With 1 the work is done in this process.
    executor : Executor, optional
        Does the work instead: any of ``concurrent.futures``, or that of a cluster
        (:func:`djtrans.pipeline.executors.dask_cluster`).
    plugin_files : sequence of path
        Plugins that workers load too.
    watch : callable, optional
        See :data:`djtrans.datasets.preparation.Watch`.

    Returns
    -------
    PreparedDataset

    Raises
    ------
    InputError
        If there are no tracks that go together, an option is not allowed, or the output holds
        pairs that were made otherwise.
    DjtransError
        If a worker dies.
    """
    options = options or LibraryOptions()
    library = Path(tracks).expanduser().resolve()
    with open_workshop(
        output,
        options,
        workers=workers,
        executor=executor,
        plugin_files=plugin_files,
        watch=watch,
    ) as workshop:
        return _prepare(library, options, workshop)


def _prepare(library: Path, options: LibraryOptions, workshop: Workshop) -> PreparedDataset:
    target, registry, separator = workshop.target, workshop.registry, workshop.separator
    options = attrs.evolve(options, separator=separator.name)
    kept = target / ANALYSES
    heard, skipped = scan_library(
        library,
        kept,
        workshop.executor,
        lambda done, total, bad: workshop.watch("tracks", done, total, 0, bad),
    )
    isolated = separator_declaration(separator, registry).isolation == "good"
    chosen, unfit = choose_pairs(heard, options, registry, isolated)
    units = [
        PairUnit(
            folder=str(target / f"pair_{number:03d}"),
            library=str(library),
            a=str(pair.a.path),
            b=str(pair.b.path),
            sha256_a=pair.a.sha256,
            sha256_b=pair.b.sha256,
            kept=str(kept),
            techniques=pair.techniques,
            seed=pair.seed,
            options=options,
            key=_key(pair, options, workshop),
            plugin_files=workshop.plugin_files,
        )
        for number, pair in enumerate(chosen, 1)
    ]
    made = workshop.make("pairs", make_unit, units)
    folders = [Path(unit.folder).name for unit in units]
    manifest = write_manifest(
        target,
        options,
        separator,
        heard,
        skipped,
        list(zip(folders, chosen, made, strict=True)),
        unfit,
    )
    return PreparedDataset(
        folder=target,
        manifest=manifest,
        pairs=tuple(f for f, m in zip(folders, made, strict=True) if not m.reason),
        skipped=tuple(skipped),
        failed={f: m.reason for f, m in zip(folders, made, strict=True) if m.reason},
        unfit=tuple(unfit),
    )


def _key(pair: ChosenPair, options: LibraryOptions, workshop: Workshop) -> str:
    asked = [name for name in pair.techniques if name != "auto"]
    find = workshop.registry.find
    return workshop.key(
        tracks=[pair.a.sha256, pair.b.sha256],
        techniques=pair.techniques,
        versions=[find("technique", name).declaration.version for name in asked],
        plan=dict(plan_options(options)),
        seed=pair.seed,
    )
