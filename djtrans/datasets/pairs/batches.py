"""Batches of prepared pairs: fixed curves, conditioned by the encoders."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property

import attrs
import numpy as np
import torch

from djtrans.core.contracts.encoder import Encoder
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import conform
from djtrans.core.errors import InputError, LayoutError
from djtrans.datasets.batch import NO_TECHNIQUE_FRACTION, Batch
from djtrans.datasets.extra_features import check_extracted
from djtrans.datasets.length_buckets import by_length, choose, stacked
from djtrans.datasets.pairs.crops import CROPS, CropReader
from djtrans.datasets.pairs.dataset import PreparedDataset, PreparedExample
from djtrans.diffusion.layout_part import layout_difference
from djtrans.diffusion.model import LONGEST_BARS, SHORTEST_BARS, encode
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling

#: Stream of seeds of the crops: with or without them, the rest of a batch is the same.
_CROPS = 1


@attrs.define(eq=False, slots=False)
class PreparedBatches:
    """Batches of one length; seed and index alone determine the random choices.

    A pair whose technique is ``""``, such as one that was fitted to a real mix, wishes for none.

    Attributes
    ----------
    prepared : PreparedDataset
    encoders : tuple of Encoder
    network : DiffusionNetwork
        Knows the encoders' slots.
    layout : Layout
    stems : tuple of str
        What the encoders hear.
    frames_per_beat : int
    seed : int
    no_technique_fraction : float
        Part of the examples in which no technique is wished for.
    heard : bool
        Whether batches come with crops of the stems.

    Raises
    ------
    LayoutError
        If a pair was drawn for another mixer.
    InputError
        If a pair has other stems or another frame rate, nothing is left for a part, or audio is
        wanted that is not there.
    """

    prepared: PreparedDataset
    encoders: tuple[Encoder, ...]
    network: DiffusionNetwork
    layout: Layout
    stems: tuple[str, ...]
    frames_per_beat: int = 2
    seed: int = 0
    no_technique_fraction: float = NO_TECHNIQUE_FRACTION
    heard: bool = False

    def __attrs_post_init__(self) -> None:
        for example in self.prepared.examples:
            self._check(example)
        for validation, name in ((False, "training"), (True, "validation")):
            if not self._lengths[validation]:
                raise InputError(
                    f"The prepared pairs leave nothing for {name}; prepare more, at least two of "
                    f"{SHORTEST_BARS} to {LONGEST_BARS} bars."
                )
        short = sum(not example.fits for example in self.prepared.examples)
        if short:
            warnings.warn(
                f"{short} of {len(self.prepared.examples)} prepared pairs are shorter than "
                f"{SHORTEST_BARS} or longer than {LONGEST_BARS} bars, which a model is not trained "
                "on; they are left out.",
                stacklevel=3,
            )
        if self.heard and self.prepared.folder is None:
            raise InputError(
                "The prepared pairs come without their audio; give the prepared folder itself, or "
                "leave out --with-audio."
            )

    def _check(self, example: PreparedExample) -> None:
        request, name = example.request, example.name
        if differs := layout_difference(self.layout, request.layout):
            raise LayoutError(
                f"The pair {name} was drawn for another mixer than the model's: {differs}. Train "
                "for its mixer (--mixer), or prepare the pairs again for the model's."
            )
        if request.frames_per_beat != self.frames_per_beat:
            raise InputError(
                f"The pair {name} has {request.frames_per_beat} frames per beat, the model "
                f"{self.frames_per_beat}; prepare it again with as many."
            )
        check_extracted(
            self.network.slots,
            example.extractors,
            f"the prepared pair {name}",
            "open the prepared folder with the model's extractors (open_dataset(folder, "
            "extractors=build_extractors(record)), or djtrans train --data FOLDER)",
        )
        for features in example.sides.values():
            if features.stem_names != self.stems:
                raise InputError(
                    f"The pair {name} has the stems {', '.join(features.stem_names)}, the model "
                    f"hears {', '.join(self.stems)}; prepare it again with these."
                )

    @cached_property
    def _lengths(self) -> dict[bool, dict[int, list[PreparedExample]]]:
        """Pairs by frames, for training (False) and validation (True)."""
        return {
            False: by_length(self.prepared.training),
            True: by_length(self.prepared.validation),
        }

    def batch(self, index: int, size: int, *, validation: bool = False, group: int = 1) -> Batch:
        """Return the batch of an index; see :class:`~djtrans.datasets.batch.BatchSource`."""
        key = [self.seed, int(validation)]
        examples, rng = choose(self._lengths[validation], size, key, index, group)
        scaling = Scaling(self.layout)
        curves, parts, missing = [], [], []
        for example in examples:
            curves.append(scaling.to_model(conform(example.values, self.layout)))
            request = example.request
            if rng.random() < self.no_technique_fraction:
                request = attrs.evolve(request, technique="")
            inputs, without = encode(self.encoders, self.network, request)
            parts.append(inputs)
            missing.append(without)
        batch = Batch(
            torch.stack(curves),
            stacked(parts),
            torch.cat(missing),
            techniques=tuple(example.request.technique for example in examples),
        )
        if not self.heard:
            return batch
        return self._with_crops(batch, examples, np.random.default_rng([*key, index, _CROPS]))

    def _with_crops(
        self, batch: Batch, examples: Sequence[PreparedExample], rng: np.random.Generator
    ) -> Batch:
        # Which pairs are the first is as random as anything: noise is drawn apart from them.
        if self.prepared.folder is None:
            return batch
        reader = CropReader(self.prepared.folder)
        some = enumerate(examples[:CROPS])
        return attrs.evolve(
            batch, crops=tuple(reader.crop(row, example, rng) for row, example in some)
        )
