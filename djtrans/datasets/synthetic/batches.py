"""Batches from a composed set: the techniques draw the curves, the encoders say what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import attrs
import numpy as np
import torch

from djtrans.core.contracts.encoder import Encoder
from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import conform
from djtrans.core.errors import InputError
from djtrans.datasets.batch import NO_TECHNIQUE_FRACTION, Batch
from djtrans.datasets.extra_features import check_extracted
from djtrans.datasets.length_buckets import by_length, choose, stacked
from djtrans.datasets.synthetic.composition import Composition, request_of
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.model import encode
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling


@attrs.define(eq=False, slots=False)
class SyntheticBatches:
    """A batch of one length per index; what is drawn follows from seed and index alone.

    Each time a composition comes up its technique draws it anew, with another seed, so no two
    epochs show the same curves.

    Attributes
    ----------
    composed : SyntheticDataset
    techniques : mapping of str to CurveModel
        By qualified name: all that the set uses.
    encoders : tuple of Encoder
    network : DiffusionNetwork
        Knows the encoders' slots.
    layout : Layout
    seed : int
    no_technique_fraction : float
        Part of the examples in which no technique is wished for.
    """

    composed: SyntheticDataset
    techniques: Mapping[str, CurveModel]
    encoders: tuple[Encoder, ...]
    network: DiffusionNetwork
    layout: Layout
    seed: int = 0
    no_technique_fraction: float = NO_TECHNIQUE_FRACTION

    def __attrs_post_init__(self) -> None:
        for name, part in (
            ("training", self.composed.training),
            ("validation", self.composed.validation),
        ):
            if not part:
                raise InputError(f"The composed set has nothing for {name}; compose a larger one.")
        check_extracted(
            self.network.slots,
            self.composed.extractors,
            "the composed set",
            "compose it again with the model's extractors (compose_dataset(..., "
            "extractors=build_extractors(record)), or djtrans train --synthetic)",
        )
        used = {c.technique for c in (*self.composed.training, *self.composed.validation)}
        if missing := sorted(used - set(self.techniques)):
            raise InputError(
                f"The composed set uses {', '.join(missing)}, which is not installed; install the "
                "plugin, or compose the set again."
            )

    @cached_property
    def _lengths(self) -> dict[bool, dict[int, list[Composition]]]:
        """Compositions by frames, for training (False) and validation (True)."""
        return {
            False: by_length(self.composed.training),
            True: by_length(self.composed.validation),
        }

    def batch(self, index: int, size: int, *, validation: bool = False) -> Batch:
        """Batch number `index`; see :class:`~djtrans.datasets.batch.BatchSource`."""
        rng = np.random.default_rng([self.seed, int(validation), index])
        return self._draw(choose(self._lengths[validation], size, rng), rng)

    def _draw(self, compositions: Sequence[Composition], rng: np.random.Generator) -> Batch:
        scaling = Scaling(self.layout)
        curves, parts, missing = [], [], []
        for composition in compositions:
            # Seed 0 is a technique's plain form; it is one drawing among many.
            request = request_of(
                composition, self.composed.tracks, self.layout, int(rng.integers(2**31))
            )
            values = conform(self.techniques[request.technique].generate(request), self.layout)
            curves.append(scaling.to_model(values))
            if rng.random() < self.no_technique_fraction:
                request = attrs.evolve(request, technique="")
            inputs, without = encode(self.encoders, self.network, request)
            parts.append(inputs)
            missing.append(without)
        return Batch(torch.stack(curves), stacked(parts), torch.cat(missing))
