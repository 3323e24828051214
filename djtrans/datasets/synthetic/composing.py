"""Compose synthetic datasets: render tracks, extract features, pair, plan, and refine curves."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

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
from djtrans.datasets.synthetic.power_features import PowerExtractor
from djtrans.datasets.synthetic.refining import add_refined_curves
from djtrans.datasets.synthetic.stem_library import StemTrack, find_stem_tracks
from djtrans.datasets.synthetic.track_rendering import frame_stem_folder, frame_synthesized
from djtrans.diffusion.extractors import default_extractors
from djtrans.pipeline.executors import open_executor
from djtrans.pipeline.jobs import Job
from djtrans.registry import Registry, default_registry

__all__ = ["SyntheticOptions", "compose_dataset"]


def compose_dataset(
    output: str | os.PathLike[str],
    options: SyntheticOptions | None = None,
    *,
    stems: Sequence[str | os.PathLike[str]] = (),
    folder: str | os.PathLike[str] | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
    extractors: Sequence[FeatureExtractor] | None = None,
    plugin_files: Sequence[str] = (),
) -> SyntheticDataset:
    """Compose a synthetic dataset and write it as one file.

    Synthesizes tracks, extracts their frame-level features and plans transitions between them. For
    a part of the transitions, curves of their techniques are rated by the objectives of the
    predicted mix, and the best are refined; both are stored.

    Parameters
    ----------
    output : path
        File to write, such as ``set.safetensors``.
    options : SyntheticOptions, optional
        Size of the dataset and augmentation of the tracks.
    stems : sequence of path
        Folders of real tracks with ready stems, ``ARTIST/TRACK/drums.wav`` and so on, which are
        used beside the synthesized ones.
    folder : path, optional
        Cache of the features of each track, from which an interrupted run resumes; by default
        ``<output>.tracks``.
    workers : int
        Number of processes, of one thread each.
    executor : Executor, optional
        Executor of the feature extraction, instead of new processes.
    progress : callable, optional
        Receives `Progress` events of the stages "tracks", "validation", "training" and "curves".
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
        If too few transitions can be planned between the tracks, or a folder has no stems.
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
    if options.refined:
        extractors = (*extractors, PowerExtractor())
    real = find_stem_tracks(stems)
    cache = Path(folder) if folder is not None else Path(f"{os.fspath(output)}.tracks")
    with folder_lock(cache, "the composition of a synthetic dataset"):
        remove_abandoned(cache)
        with open_executor(workers, executor, plugin_files) as pool:
            cached = _frame_tracks(cache, options, real, extractors, pool, progress)
            dataset = _compose(cached, options, real, registry, versions(extractors), progress)
            if options.refined:
                dataset = add_refined_curves(dataset, options, cache, registry, pool, progress)
        dataset.save(output)
    return dataset


def _frame_tracks(
    cache: Path,
    options: SyntheticOptions,
    real: Sequence[StemTrack],
    extractors: Sequence[FeatureExtractor],
    executor: Executor | None,
    progress: ProgressCallback | None,
) -> list[CachedTrack]:
    """Render the tracks that are not in the cache, and read all, the synthesized ones first."""
    needed = versions(extractors)
    units: list[int | StemTrack] = [*range(options.tracks), *real]
    files = [cache / _file_name(unit) for unit in units]
    job: Job[Path] = Job(
        stage="tracks",
        keys=[file.name for file in files],
        known={file.name: file for file in files if is_cached(file, options, needed)},
        progress=progress,
    )
    frame = partial(_frame, options=options, extractors=tuple(extractors))
    job.run_each(frame, list(zip(units, files, strict=True)), executor)
    return [read_framed_track(file, needed) for file in files]


def _file_name(unit: int | StemTrack) -> str:
    if isinstance(unit, StemTrack):
        return f"stems_{unit.sha256[:16]}.safetensors"
    return f"track_{unit:05d}.safetensors"


def _compose(
    cached: Sequence[CachedTrack],
    options: SyntheticOptions,
    real: Sequence[StemTrack],
    registry: Registry,
    extractors: Mapping[str, int],
    progress: ProgressCallback | None,
) -> SyntheticDataset:
    """Pair the tracks and plan the transitions."""
    held_out = _held_out(options, real)
    framed: list[FramedTrack] = []
    parts: dict[str, list[Composition]] = {}
    for name, validation in (("validation", True), ("training", False)):
        part = [track for track, held in zip(cached, held_out, strict=True) if held == validation]
        count = round(options.transitions * len(part) / len(cached))
        first = 0 if validation else len(cached) - len(part)
        seed = np.random.default_rng([options.seed, first, 0xC0])
        before = len(framed)
        framed += [variant for track in part for variant in track.framed]
        pairing = Pairing(part, framed, before, options, registry, seed)
        parts[name] = pairing.sample(name, count, progress)
    facts: dict[str, Any] = {"options": attrs.asdict(options)}
    if real:
        facts["stems"] = [track.sha256 for track in real]
    return SyntheticDataset(
        tracks=framed,
        training=parts["training"],
        validation=parts["validation"],
        facts=facts,
        extractors=extractors,
    )


def _held_out(options: SyntheticOptions, real: Sequence[StemTrack]) -> list[bool]:
    """Decide for each track whether it is for validation; real ones by artist."""
    synthesized = max(2, round(options.validation * options.tracks))
    held = [index < synthesized for index in range(options.tracks)]
    artists = sorted({track.artist for track in real})
    order = np.random.default_rng([options.seed, 0xA7]).permutation(artists)
    count = max(1, round(options.validation * len(artists))) if len(artists) > 1 else 0
    chosen = set(order[:count].tolist())
    return held + [track.artist in chosen for track in real]


def _frame(
    unit: tuple[int | StemTrack, Path],
    options: SyntheticOptions,
    extractors: Sequence[FeatureExtractor],
) -> Path:
    track, file = unit
    if isinstance(track, StemTrack):
        frame_stem_folder(track.folder, options, file, extractors)
    else:
        frame_synthesized(track, options, file, extractors)
    return file
