"""With what a set of pairs is made, whatever it is made of."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import attrs

import djtrans
from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.errors import InputError
from djtrans.core.util.cache import cache_key
from djtrans.datasets.pairs.pair_folder import FORMAT_VERSION
from djtrans.datasets.preparation.library_scan import Skipped, made_by
from djtrans.datasets.preparation.resume import OneOutcome, OneUnit, do_units, pairs_before, tidy
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.pipeline.executors import one_thread, processes, registry_with
from djtrans.pipeline.provenance import mixer_record, separator_record
from djtrans.pipeline.separators import fetch_separator
from djtrans.registry import Registry

#: Told what is counted, how many are done, of how many, how many of them before this run, and how
#: many cannot be used.
Watch: TypeAlias = "Callable[[str, int, int, int, int], None]"


@attrs.frozen(kw_only=True)
class PreparedDataset:
    """A set of pairs that was made.

    Attributes
    ----------
    folder : Path
    manifest : Path
    pairs : tuple of str
        Names of the pairs' folders.
    skipped : tuple of Skipped
        Files that cannot be used, and why.
    failed : mapping of str to str
        Why a pair has no folder, by the name of what it would have been made of, or its own.
    unfit : tuple of UnfitPair
        That were tried in vain before the pairs were chosen.
    """

    folder: Path
    manifest: Path
    pairs: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    failed: Mapping[str, str]
    unfit: tuple[Any, ...] = ()


class Components(Protocol):
    """The components that options of every kind name."""

    @property
    def separator(self) -> str:
        """Name of a separator."""

    @property
    def mixer(self) -> str:
        """Name of a mixer."""

    @property
    def device(self) -> str:
        """Where they compute."""


@attrs.frozen(kw_only=True)
class Workshop:
    """Components, workers and the folder of a run.

    Attributes
    ----------
    target : Path
        Where the set goes.
    registry : Registry
    separator : ComponentRecord
        Chosen once: ``auto`` must not come out otherwise on another worker.
    mixer : str
        Digest of the mixer.
    device : str
    executor : Executor or None
        None: the work is done in this process.
    plugin_files : tuple of str
    watch : callable
    """

    target: Path
    registry: Registry
    separator: ComponentRecord
    mixer: str
    device: str
    executor: Executor | None
    plugin_files: tuple[str, ...]
    watch: Watch

    def key(self, **made_of: Any) -> str:
        """Digest of all that a pair depends on; not on how many there are."""
        return cache_key(
            format=FORMAT_VERSION,
            analyzer=made_by(),
            separator=[self.separator.name, self.separator.version, self.separator.config],
            mixer=self.mixer,
            device=self.device,
            stretch=ENGINE,
            djtrans=djtrans.__version__,
            **made_of,
        )

    def make(
        self, what: str, make: Callable[[OneUnit], OneOutcome], units: Sequence[OneUnit]
    ) -> list[OneOutcome]:
        """What came of each unit, in their order; `what` is counted for whoever watches."""
        self.target.mkdir(parents=True, exist_ok=True)
        before = pairs_before(self.target, {Path(unit.folder).name: unit.key for unit in units})
        made = do_units(make, units, before, self.executor, functools.partial(self.watch, what))
        tidy(self.target)
        return made


@contextmanager
def open_workshop(
    output: str | os.PathLike[str],
    components: Components,
    *,
    workers: int,
    executor: Executor | None,
    plugin_files: Sequence[str],
    watch: Watch | None,
) -> Iterator[Workshop]:
    """A workshop as long as its workers are needed.

    Raises
    ------
    InputError
        If there are no workers, or there is no such component.
    """
    if workers < 1:
        raise InputError(f"workers = {workers} is not allowed; give 1 or more.")
    files = tuple(os.path.abspath(path) for path in plugin_files)
    beside = executor is None and workers > 1
    with one_thread(), processes(workers, files) if beside else nullcontext(executor) as pool:
        registry = registry_with(files)
        name = fetch_separator(registry, components.separator, {}, components.device)
        mixer = mixer_record(DifferentiableDJMixer(components.mixer), registry)
        yield Workshop(
            target=Path(output).expanduser().resolve(),
            registry=registry,
            separator=separator_record(registry, name),
            mixer=cache_key(made=str(mixer)),
            device=components.device,
            executor=pool,
            plugin_files=files,
            watch=watch or (lambda what, done, total, before, failed: None),
        )
