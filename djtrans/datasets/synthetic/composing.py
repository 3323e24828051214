"""Composes training sets of synthesized tracks: each is framed once, then paired and planned."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import TypeAlias

import attrs
import numpy as np

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.datasets.extra_features import versions
from djtrans.datasets.synthetic.composition import Composition
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.framed_cache import is_whole, read_framed_track
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.pairing import Pairing
from djtrans.datasets.synthetic.track_rendering import frame_synthesized
from djtrans.pipeline.executors import each, processes
from djtrans.registry import Registry, default_registry

__all__ = ["SyntheticOptions", "compose_dataset"]

#: Told how many of how many are done, and of what.
Watch: TypeAlias = "Callable[[str, int, int], None]"


def compose_dataset(
    output: str | os.PathLike[str],
    options: SyntheticOptions | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    watch: Watch | None = None,
    registry: Registry | None = None,
    extractors: Sequence[FeatureExtractor] = (),
    plugin_files: Sequence[str] = (),
) -> SyntheticDataset:
    """Compose a training set of synthesized tracks and write it as one file.

    Parameters
    ----------
    output : path
        The file, ``set.safetensors``.
    options : SyntheticOptions, optional
    folder : path, optional
        Where each track is kept once it is framed, so that a stopped run goes on;
        ``<output>.tracks`` by default.
    workers : int
        Processes, one thread each.
    executor : Executor, optional
        Runs the tracks instead of processes of our own.
    watch : callable, optional
        Told what is counted, how many are done and how many there are.
    registry : Registry, optional
        Its techniques that can be drawn over four bars or more are used.
    extractors : sequence of FeatureExtractor
        Of the model that is to be trained, see
        :func:`djtrans.diffusion.extractors.build_extractors`; most have none. They are pickled
        for workers.
    plugin_files : sequence of path
        Plugins that workers load too.

    Returns
    -------
    SyntheticDataset

    Raises
    ------
    InputError
        If too few transitions can be placed between the tracks.
    FormatError
        If the file cannot be written.
    """
    options = options or SyntheticOptions()
    registry = registry or default_registry()
    watch = watch or (lambda what, done, total: None)
    kept = Path(folder) if folder is not None else Path(f"{os.fspath(output)}.tracks")
    kept.mkdir(parents=True, exist_ok=True)
    needed = versions(extractors)
    files = [kept / f"track_{index:05d}.safetensors" for index in range(options.tracks)]
    missing = [i for i, file in enumerate(files) if not is_whole(file, options, needed)]
    frame = functools.partial(_frame, options=options, files=files, extractors=extractors)
    beside = executor is None and workers > 1
    with processes(workers, plugin_files) if beside else nullcontext(executor) as pool:
        _frame_all(frame, missing, len(files), pool, watch)
    heard = [read_framed_track(file, needed) for file in files]
    held_out = max(2, round(options.validation * len(heard)))
    framed: list[FramedTrack] = []
    parts: dict[str, list[Composition]] = {}
    for name, first, last in (
        ("validation", 0, held_out),
        ("training", held_out, len(heard)),
    ):
        part = heard[first:last]
        wanted = round(options.transitions * len(part) / len(heard))
        seed = np.random.default_rng([options.seed, first, 0xC0])
        before = len(framed)
        framed += [variant for track in part for variant in track.framed]
        pairing = Pairing(part, framed, before, options, registry, seed)
        parts[name] = pairing.many(wanted, functools.partial(watch, name))
    composed = SyntheticDataset(
        tracks=framed,
        training=parts["training"],
        validation=parts["validation"],
        facts={"options": attrs.asdict(options)},
        extractors=needed,
    )
    composed.save(output)
    return composed


def _frame_all(
    frame: Callable[[int], None],
    missing: Sequence[int],
    total: int,
    executor: Executor | None,
    watch: Watch,
) -> None:
    """Frame every track that is not there yet."""
    done = total - len(missing)
    watch("tracks", done, total)
    for _ in each(frame, missing, executor):
        done += 1
        watch("tracks", done, total)


def _frame(
    index: int,
    options: SyntheticOptions,
    files: Sequence[Path],
    extractors: Sequence[FeatureExtractor],
) -> None:
    frame_synthesized(index, options, files[index], extractors)
