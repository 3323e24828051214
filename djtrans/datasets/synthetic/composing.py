"""Composes training sets of synthesized tracks: each is framed once, then paired and planned."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import attrs
import numpy as np

from djtrans.core.util.progress import ProgressCallback
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
    files = _frame_all(options, kept, workers, executor, progress)
    heard = [read_framed_track(file) for file in files]
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
    )
    composed.save(output)
    return composed


def _frame_all(
    options: SyntheticOptions,
    folder: Path,
    workers: int,
    executor: Executor | None,
    progress: ProgressCallback | None,
) -> list[Path]:
    """Frame every track that an earlier run did not."""
    files = [folder / f"track_{index:05d}.safetensors" for index in range(options.tracks)]
    job: Job[Path] = Job(
        stage="tracks",
        keys=[file.name for file in files],
        known={file.name: file for file in files if is_whole(file, options)},
        progress=progress,
    )
    with open_executor(workers, executor) as pool:
        return job.run_each(partial(_frame, options=options), list(enumerate(files)), pool)


def _frame(unit: tuple[int, Path], options: SyntheticOptions) -> Path:
    index, file = unit
    frame_synthesized(index, options, file)
    return file
