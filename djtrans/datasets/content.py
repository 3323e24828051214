"""Content of datasets: its digest, and whether all numbers are finite."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from djtrans.core.errors import FormatError
from djtrans.core.util.finite import all_finite
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.dataset import SyntheticDataset

Dataset: TypeAlias = "SyntheticDataset | PreparedDataset"


def dataset_digest(data: Dataset) -> str:
    """Compute a hash of the examples of a dataset, independent of where it is stored."""
    digest = hashlib.sha256()
    for name, tensor in _tensors(data):
        # Synthetic datasets are stored in half precision.
        stored = tensor.half() if isinstance(data, SyntheticDataset) else tensor.float()
        digest.update(f"{name} {tuple(stored.shape)} ".encode())
        digest.update(stored.contiguous().numpy().tobytes())
    for facts in _facts(data):
        digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()


def check_finite_data(data: Dataset) -> None:
    """Raise if a dataset has values that are not finite, from which no model learns.

    Raises
    ------
    FormatError
        With the name of the first such array.
    """
    for name, tensor in _tensors(data):
        if not all_finite(tensor.float()):
            count = int((~torch.isfinite(tensor.float())).sum())
            raise FormatError(
                f"The dataset has {count} values that are not finite in {name}; make it again."
            )


def _tensors(data: Dataset) -> Iterator[tuple[str, Tensor]]:
    if isinstance(data, SyntheticDataset):
        for index, track in enumerate(data.tracks):
            arrays = {"level_db": track.level_db, "onset": track.onset, "vocal": track.vocal}
            extra = dict(sorted(track.extra.items()))  # the order in a file
            for name, tensor in (arrays | extra).items():
                yield f"{name} of track {index}", tensor
        for part in (data.training_curves, data.validation_curves):
            for curves in part:
                yield f"the curves of transition {curves.composition}", curves.values
        return
    for example in data.examples:
        yield f"the curves of pair {example.name}", example.values
        for side, features in example.sides.items():
            arrays = {
                "beat_times": features.beat_times,
                "level_db": features.level_db,
                "onset": features.onset,
                "vocal": features.vocal,
            }
            for name, tensor in (arrays | dict(features.extra)).items():
                yield f"{name} of track {side} of pair {example.name}", tensor


def _facts(data: Dataset) -> Iterator[object]:
    if isinstance(data, SyntheticDataset):
        yield [[float(track.reference_db), track.isolated] for track in data.tracks]
        for part in (data.training, data.validation):
            yield [composition.to_json() for composition in part]
        for curves in (data.training_curves, data.validation_curves):
            if curves:
                yield [[each.composition, each.cost, each.refined] for each in curves]
        return
    for example in data.examples:
        yield [example.name, example.digest, list(example.tracks), example.request.layout.digest]
