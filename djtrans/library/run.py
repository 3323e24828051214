"""A library made into pairs: heard, chosen, made, and on from where it was stopped."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import TypeAlias

import attrs

import djtrans
from djtrans.api import DifferentiableDJMixer
from djtrans.core.cache import cache_key
from djtrans.core.errors import InputError
from djtrans.core.pair_folder import FORMAT_VERSION
from djtrans.core.records import ComponentRecord
from djtrans.core.stretch import ENGINE
from djtrans.library.choosing import ChosenPair, UnfitPair, choose_pairs, plan_options
from djtrans.library.hearing import ANALYSES, Skipped, hear_library, made_by
from djtrans.library.keeping import do_units, pairs_before, tidy
from djtrans.library.making import PairUnit, make_unit
from djtrans.library.manifest import write_manifest
from djtrans.library.options import LibraryOptions
from djtrans.provenance import mixer_record, separator_declaration, separator_record
from djtrans.registry import Registry
from djtrans.separators import fetch_separator
from djtrans.workers import one_thread, processes, registry_with

#: Told what is counted, how many are done, of how many, how many of them before this run, and how
#: many cannot be used.
Watch: TypeAlias = "Callable[[str, int, int, int, int], None]"


@attrs.frozen(kw_only=True)
class PreparedSet:
    """A set of pairs that was made of a library.

    Attributes
    ----------
    folder : Path
    manifest : Path
    pairs : tuple of str
        Names of the pairs' folders.
    skipped : tuple of Skipped
        Files that cannot be used, and why.
    failed : mapping of str to str
        Why a pair has no folder, by the name that it would have.
    unfit : tuple of UnfitPair
        That were tried in vain before the pairs were chosen.
    """

    folder: Path
    manifest: Path
    pairs: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    failed: dict[str, str]
    unfit: tuple[UnfitPair, ...]


def prepare_library(
    tracks: str | os.PathLike[str],
    output: str | os.PathLike[str],
    options: LibraryOptions | None = None,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    plugin_files: Sequence[str] = (),
    watch: Watch | None = None,
) -> PreparedSet:
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
        (:func:`djtrans.workers.dask_cluster`).
    plugin_files : sequence of path
        Plugins that workers load too.
    watch : callable, optional
        See :data:`Watch`.

    Returns
    -------
    PreparedSet

    Raises
    ------
    InputError
        If there are no tracks that go together, an option is not allowed, or the output holds
        pairs that were made otherwise.
    DjtransError
        If a worker dies.
    """
    options = options or LibraryOptions()
    if workers < 1:
        raise InputError(f"workers = {workers} is not allowed; give 1 or more.")
    library, target = Path(tracks).expanduser().resolve(), Path(output).expanduser().resolve()
    files = tuple(os.path.abspath(path) for path in plugin_files)
    beside = executor is None and workers > 1
    with one_thread(), processes(workers, files) if beside else nullcontext(executor) as pool:
        return _prepare(library, target, options, pool, files, watch)


def _prepare(
    library: Path,
    target: Path,
    options: LibraryOptions,
    executor: Executor | None,
    plugin_files: tuple[str, ...],
    watch: Watch | None,
) -> PreparedSet:
    watch = watch or (lambda what, done, total, before, failed: None)
    registry = registry_with(plugin_files)
    # Chosen once: "auto" must not come out otherwise on another worker.
    name = fetch_separator(registry, options.separator, {}, options.device)
    separator = separator_record(registry, name)
    options = attrs.evolve(options, separator=separator.name)
    mixer = cache_key(made=str(mixer_record(DifferentiableDJMixer(options.mixer), registry)))
    kept = target / ANALYSES
    heard, skipped = hear_library(
        library, kept, executor, lambda done, total, bad: watch("tracks", done, total, 0, bad)
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
            key=_key(pair, options, separator, mixer, registry),
            plugin_files=plugin_files,
        )
        for number, pair in enumerate(chosen, 1)
    ]
    before = pairs_before(target, {Path(unit.folder).name: unit.key for unit in units})
    made = do_units(make_unit, units, before, executor, functools.partial(watch, "pairs"))
    tidy(target)
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
    return PreparedSet(
        folder=target,
        manifest=manifest,
        pairs=tuple(f for f, m in zip(folders, made, strict=True) if not m.reason),
        skipped=tuple(skipped),
        failed={f: m.reason for f, m in zip(folders, made, strict=True) if m.reason},
        unfit=tuple(unfit),
    )


def _key(
    pair: ChosenPair,
    options: LibraryOptions,
    separator: ComponentRecord,
    mixer: str,
    registry: Registry,
) -> str:
    """Digest of all that a pair depends on; not on how many there are."""
    asked = (name for name in pair.techniques if name != "auto")
    return cache_key(
        format=FORMAT_VERSION,
        tracks=[pair.a.sha256, pair.b.sha256],
        analyzer=made_by(),
        techniques=pair.techniques,
        versions=[registry.find("technique", name).declaration.version for name in asked],
        plan=dict(plan_options(options)),
        seed=pair.seed,
        separator=[separator.name, separator.version, separator.config],
        mixer=mixer,
        device=options.device,
        stretch=ENGINE,
        djtrans=djtrans.__version__,
    )
