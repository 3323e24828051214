"""Compose synthetic datasets: render tracks, extract features, pair and plan."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import attrs
import numpy as np

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.progress import ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.datasets.extra_features import versions
from djtrans.datasets.synthetic.composition import Composition
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.framed_cache import CachedTrack, is_cached, read_framed_track
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.pairing import Pairing
from djtrans.datasets.synthetic.track_rendering import frame_synthesized
from djtrans.diffusion.extractors import default_extractors
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
    extractors: Sequence[FeatureExtractor] | None = None,
    plugin_files: Sequence[str] = (),
) -> SyntheticDataset:
    """Compose a synthetic dataset and write it as one file.

    Synthesizes tracks, extracts their frame-level features and plans transitions between them.

    Parameters
    ----------
    output : path
        File to write, such as ``set.safetensors``.
    options : SyntheticOptions, optional
        Size of the dataset and augmentation of the tracks.
    folder : path, optional
        Cache of the features of each track, from which an interrupted run resumes; by default
        ``<output>.tracks``.
    workers : int
        Number of processes, of one thread each.
    executor : Executor, optional
        Executor of the feature extraction, instead of new processes.
    progress : callable, optional
        Receives `Progress` events of the stages "tracks", "validation" and "training".
    registry : Registry, optional
        Installed components, by default :func:`djtrans.default_registry`; its techniques that
        allow windows of at least four bars are used.
    extractors : sequence of FeatureExtractor, optional
        Extractors of the model to train, see
        :func:`djtrans.diffusion.extractors.build_extractors`; by default those of the encoders that
        a new model has by default. They are pickled for workers.
    plugin_files : sequence of path
        Plugin files that the workers load.

    Returns
    -------
    SyntheticDataset
        The dataset that was written.

    Raises
    ------
    InputError
        If too few transitions can be planned between the tracks.
    FormatError
        If the file cannot be written.

    See Also
    --------
    open_dataset : Read it again.
    djtrans.training.train_model : Train on it.

    Examples
    --------
    >>> from djtrans.datasets import SyntheticOptions, compose_dataset
    >>> options = SyntheticOptions(tracks=40, transitions=1000)
    >>> compose_dataset("set.safetensors", options, workers=4)  # doctest: +SKIP
    """
    options = options or SyntheticOptions()
    registry = registry or default_registry()
    if extractors is None:
        extractors = default_extractors()
    cache = Path(folder) if folder is not None else Path(f"{os.fspath(output)}.tracks")
    with folder_lock(cache, "the composition of a synthetic dataset"):
        remove_abandoned(cache)
        with open_executor(workers, executor, plugin_files) as pool:
            cached = _frame_tracks(cache, options, extractors, pool, progress)
        dataset = _compose(cached, options, registry, versions(extractors), progress)
        dataset.save(output)
    return dataset


def _frame_tracks(
    cache: Path,
    options: SyntheticOptions,
    extractors: Sequence[FeatureExtractor],
    executor: Executor | None,
    progress: ProgressCallback | None,
) -> list[CachedTrack]:
    """Render the tracks that are not in the cache, and read all."""
    needed = versions(extractors)
    files = [cache / f"track_{index:05d}.safetensors" for index in range(options.tracks)]
    job: Job[Path] = Job(
        stage="tracks",
        keys=[file.name for file in files],
        known={file.name: file for file in files if is_cached(file, options, needed)},
        progress=progress,
    )
    frame = partial(_frame, options=options, extractors=tuple(extractors))
    job.run_each(frame, list(enumerate(files)), executor)
    return [read_framed_track(file, needed) for file in files]


def _compose(
    cached: Sequence[CachedTrack],
    options: SyntheticOptions,
    registry: Registry,
    extractors: Mapping[str, int],
    progress: ProgressCallback | None,
) -> SyntheticDataset:
    """Pair the tracks and plan the transitions."""
    held_out = max(2, round(options.validation * len(cached)))
    framed: list[FramedTrack] = []
    parts: dict[str, list[Composition]] = {}
    for name, first, last in (
        ("validation", 0, held_out),
        ("training", held_out, len(cached)),
    ):
        part = cached[first:last]
        count = round(options.transitions * len(part) / len(cached))
        seed = np.random.default_rng([options.seed, first, 0xC0])
        before = len(framed)
        framed += [variant for track in part for variant in track.framed]
        pairing = Pairing(part, framed, before, options, registry, seed)
        parts[name] = pairing.sample(name, count, progress)
    return SyntheticDataset(
        tracks=framed,
        training=parts["training"],
        validation=parts["validation"],
        facts={"options": attrs.asdict(options)},
        extractors=extractors,
    )


def _frame(
    unit: tuple[int, Path], options: SyntheticOptions, extractors: Sequence[FeatureExtractor]
) -> Path:
    index, file = unit
    frame_synthesized(index, options, file, extractors)
    return file
