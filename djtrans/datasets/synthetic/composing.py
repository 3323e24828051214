"""Composes training sets of synthesized tracks: each is framed once, then paired and planned."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import attrs
import numpy as np

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.extra_features import versions
from djtrans.datasets.synthetic.composition import Composition
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.framed_cache import is_whole, read_framed_track
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.pairing import Pairing
from djtrans.datasets.synthetic.track_rendering import frame_synthesized
from djtrans.pipeline.executors import open_executor
from djtrans.pipeline.jobs import Job
from djtrans.registry import Registry, default_registry

__all__ = ["SyntheticOptions", "compose_dataset"]


def compose_dataset(
    output: str | os.PathLike[str],
    options: SyntheticOptions | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
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
        Frames the tracks instead of new processes.
    progress : callable, optional
        Receives `Progress` events of the stages "tracks", "validation" and "training".
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
    kept = Path(folder) if folder is not None else Path(f"{os.fspath(output)}.tracks")
    kept.mkdir(parents=True, exist_ok=True)
    needed = versions(extractors)
    files = [kept / f"track_{index:05d}.safetensors" for index in range(options.tracks)]
    job: Job[Path] = Job(
        stage="tracks",
        keys=[file.name for file in files],
        known={file.name: file for file in files if is_whole(file, options, needed)},
        progress=progress,
    )
    frame = partial(_frame, options=options, extractors=tuple(extractors))
    with open_executor(workers, executor, plugin_files) as pool:
        job.run_each(frame, list(enumerate(files)), pool)
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
        parts[name] = pairing.many(name, wanted, progress)
    composed = SyntheticDataset(
        tracks=framed,
        training=parts["training"],
        validation=parts["validation"],
        facts={"options": attrs.asdict(options)},
        extractors=needed,
    )
    composed.save(output)
    return composed


def _frame(
    unit: tuple[int, Path], options: SyntheticOptions, extractors: Sequence[FeatureExtractor]
) -> Path:
    index, file = unit
    frame_synthesized(index, options, file, extractors)
    return file
