"""A session of dataset preparation: components, executor and folder, whatever the sources."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

import djtrans
from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.util.cache import cache_key
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.progress import ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.datasets.pairs.pair_folder import FORMAT_VERSION
from djtrans.datasets.preparation.library_files import Skipped
from djtrans.datasets.preparation.library_scan import LibraryTrack
from djtrans.datasets.preparation.manifest import write_manifest
from djtrans.datasets.preparation.options import LibraryOptions, RecoveryOptions
from djtrans.datasets.preparation.pairing import UnfitPair
from djtrans.datasets.preparation.resume import MANIFEST, existing_pairs
from djtrans.datasets.preparation.stored_analyses import made_by
from djtrans.datasets.preparation.unit import PairResult, PairUnit, check_unit, run_unit
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.pipeline.executors import one_thread, open_executor, registry_with
from djtrans.pipeline.jobs import Job
from djtrans.pipeline.provenance import mixer_record, separator_record
from djtrans.pipeline.separators import fetch_separator
from djtrans.registry import Registry


@attrs.frozen(kw_only=True)
class PreparationResult:
    """A set of pairs that was prepared.

    Attributes
    ----------
    folder : Path
    manifest : Path
    pairs : tuple of str
        Names of the pairs' folders.
    skipped : tuple of Skipped
        Sources that cannot be used, and why.
    failed : mapping of str to str
        Why a pair has no folder, by the name of its unit.
    unfit : tuple of UnfitPair
        Pairs of tracks that were tried in vain before the pairs were chosen.
    """

    folder: Path
    manifest: Path
    pairs: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    failed: Mapping[str, str]
    unfit: tuple[UnfitPair, ...] = ()


#: Of a library, or of transitions.
Options = TypeVar("Options", LibraryOptions, RecoveryOptions)


@attrs.frozen(kw_only=True)
class PreparationSession(Generic[Options]):
    """Components, executor and folder of one preparation.

    Attributes
    ----------
    target : Path
        Folder of the set.
    options : Options
        With the name of a separator that can work.
    registry : Registry
    separator : ComponentRecord
        Resolved once: ``auto`` must not resolve to another one on another worker.
    mixer : str
        Digest of the mixer.
    executor : Executor or None
        None: the work is done in this process.
    plugin_files : tuple of str
    progress : callable, optional
    """

    target: Path
    options: Options
    registry: Registry
    separator: ComponentRecord
    mixer: str
    executor: Executor | None
    plugin_files: tuple[str, ...]
    progress: ProgressCallback | None

    def key(self, **sources: Any) -> str:
        """Digest all that a pair depends on; not how many there are."""
        return cache_key(
            format=FORMAT_VERSION,
            analyzer=made_by(),
            separator=[self.separator.name, self.separator.version, self.separator.config],
            mixer=self.mixer,
            device=self.options.device,
            stretch=ENGINE,
            djtrans=djtrans.__version__,
            **sources,
        )

    def folder(self, number: int) -> Path:
        """Return the folder of a pair; numbers start at 1."""
        return self.target / f"pair_{number:03d}"

    def prepare(
        self,
        stage: str,
        units: Sequence[PairUnit],
        skipped: Sequence[Skipped],
        *,
        failing: str,
        tracks: Sequence[LibraryTrack] | None = None,
        unfit: Sequence[UnfitPair] | None = None,
    ) -> PreparationResult:
        """Make the pairs of all units that are not there whole, and write the manifest.

        Parameters
        ----------
        stage, failing : str
            Of the progress events; see :class:`djtrans.pipeline.jobs.Job`.
        units : sequence of PairUnit
        skipped : sequence of Skipped
        tracks, unfit : optional
            For the manifest.
        """
        self.target.mkdir(parents=True, exist_ok=True)
        folders = [Path(unit.folder).name for unit in units]
        keys = {folder: unit.key for folder, unit in zip(folders, units, strict=True)}
        kept = self._sound_pairs(units, existing_pairs(self.target, keys))
        if len(kept) < len(units):
            # Where there is a manifest, the set is whole.
            (self.target / MANIFEST).unlink(missing_ok=True)
        job: Job[PairResult] = Job(
            stage=stage,
            keys=folders,
            known=kept,
            is_failure=lambda result: bool(result.reason),
            failing=failing,
            progress=self.progress,
        )
        pairs = list(zip(units, job.run_each(run_unit, units, self.executor), strict=True))
        remove_abandoned(self.target)
        manifest = write_manifest(
            self.target, self.options, self.separator, pairs, skipped, tracks, unfit
        )
        return PreparationResult(
            folder=self.target,
            manifest=manifest,
            pairs=tuple(Path(unit.folder).name for unit, result in pairs if not result.reason),
            skipped=tuple(skipped),
            failed={unit.name: result.reason for unit, result in pairs if result.reason},
            unfit=tuple(unfit or ()),
        )

    def _sound_pairs(
        self, units: Sequence[PairUnit], problems: Mapping[str, str]
    ) -> dict[str, PairResult]:
        """Compare the pairs of an earlier run with their hashes, and report what is damaged."""
        there = [unit for unit in units if not problems.get(Path(unit.folder).name, "absent")]
        results: list[PairResult] = []
        if there:
            folders = [Path(unit.folder).name for unit in there]
            job: Job[PairResult] = Job(stage="checks", keys=folders, progress=self.progress)
            results = job.run_each(check_unit, there, self.executor)
        kept, damaged = {}, {name: problem for name, problem in problems.items() if problem}
        for unit, result in zip(there, results, strict=True):
            name = Path(unit.folder).name
            if result.damage:
                damaged[name] = result.damage
            else:
                kept[name] = result
        for name, damage in sorted(damaged.items()):
            warnings.warn(
                f"{self.target / name} is damaged ({damage}); it is made again.", stacklevel=3
            )
        return kept


@contextmanager
def open_session(
    output: str | os.PathLike[str],
    options: Options,
    *,
    workers: int,
    executor: Executor | None,
    plugin_files: Sequence[str],
    progress: ProgressCallback | None,
) -> Iterator[PreparationSession[Options]]:
    """Open a session for as long as its workers are needed.

    Raises
    ------
    InputError
        If there are no workers, there is no such component, or another run holds the folder.
    """
    files = tuple(os.path.abspath(path) for path in plugin_files)
    target = Path(os.path.expanduser(output)).resolve()
    with (
        folder_lock(target, "djtrans prepare"),
        one_thread(),
        open_executor(workers, executor, files) as pool,
    ):
        registry = registry_with(files)
        name = fetch_separator(registry, options.separator, {}, options.device)
        separator = separator_record(registry, name)
        mixer = mixer_record(DifferentiableDJMixer(options.mixer), registry)
        yield PreparationSession(
            target=target,
            options=attrs.evolve(options, separator=separator.name),
            registry=registry,
            separator=separator,
            mixer=cache_key(made=str(mixer)),
            executor=pool,
            plugin_files=files,
            progress=progress,
        )
