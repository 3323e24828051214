"""Add refined curves to a dataset, in processes and resumably."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from functools import lru_cache, partial
from pathlib import Path

import attrs
import torch

from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.content import dataset_digest
from djtrans.datasets.synthetic.dataset import PARTS, SyntheticDataset
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.refined_curves import CurveRefiner
from djtrans.datasets.synthetic.stored_curves import StoredCurves, curve_tensors, read_curves
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.objectives import load_objectives
from djtrans.pipeline.jobs import Job
from djtrans.registry import Registry, default_registry

#: Version of the refinement: cached curves of another one are made again.
_VERSION = 2
#: Transitions of one unit of work, which takes about a minute if a fifth of them are refined.
_UNIT = 250


def add_refined_curves(
    dataset: SyntheticDataset,
    options: SyntheticOptions,
    cache: Path,
    registry: Registry,
    executor: Executor | None,
    progress: ProgressCallback | None,
) -> SyntheticDataset:
    """Generate, rate and refine curves for a part of the transitions of a dataset.

    Parameters
    ----------
    dataset : SyntheticDataset
        With stem powers.
    options : SyntheticOptions
    cache : Path
        Folder for the results of each unit of work, from which an interrupted run resumes.
    registry : Registry
    executor : Executor or None
    progress : callable or None
        Receives `Progress` events of the stage "curves".

    Returns
    -------
    SyntheticDataset
        The dataset with stored curves.
    """
    weights = dict(load_objectives(registry=registry).weights)
    digest = dataset_digest(dataset)[:16]
    base = cache / f"base_{digest}.safetensors"
    dataset.save(base)
    units = [
        (part, first) for part in PARTS for first in range(0, len(getattr(dataset, part)), _UNIT)
    ]
    made_with = f"{_VERSION}_{digest}_{options.refined:g}_{options.generated}_{options.refinements}"
    files = {
        f"{part} {first}": cache / f"curves_{made_with}_{part}_{first:06d}.safetensors"
        for part, first in units
    }
    job: Job[Path] = Job(
        stage="curves",
        keys=list(files),
        known={key: file for key, file in files.items() if file.is_file()},
        progress=progress,
    )
    work = partial(_refine, base=base, options=options)
    job.run_each(work, [(*unit, files[f"{unit[0]} {unit[1]}"]) for unit in units], executor)

    def stored(wanted: str) -> tuple[StoredCurves, ...]:
        frames = [composition.frames for composition in getattr(dataset, wanted)]
        parts = [_read(files[f"{part} {first}"]) for part, first in units if part == wanted]
        return tuple(curves for part in parts for curves in read_curves(part, wanted, frames))

    return attrs.evolve(
        dataset,
        facts={**dataset.facts, "objectives": weights},
        training_curves=stored("training"),
        validation_curves=stored("validation"),
    )


def _refine(unit: tuple[str, int, Path], base: Path, options: SyntheticOptions) -> Path:
    from safetensors.torch import save_file

    part, first, file = unit
    dataset, registry = _dataset(base), default_registry()
    refiner = CurveRefiner(
        DifferentiableDJMixer(registry=registry),
        load_objectives(registry=registry),
        options.generated,
        options.refinements,
        options.seed + PARTS.index(part),
    )
    found: list[StoredCurves] = []
    for index, composition in enumerate(getattr(dataset, part)[first : first + _UNIT], first):
        # Evenly spread, since the transitions are sorted by technique.
        if int((index + 1) * options.refined) == int(index * options.refined):
            continue
        technique = registry.techniques.build(composition.technique)
        found += refiner(index, composition, dataset.tracks, technique)
    with replacing(file, FormatError) as target:
        save_file(curve_tensors(found, part), target)
    return file


@lru_cache(maxsize=1)
def _dataset(base: Path) -> SyntheticDataset:
    return SyntheticDataset.load(base)


def _read(file: Path) -> Mapping[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(file)
