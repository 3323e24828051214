"""Batches from a synthetic dataset: techniques generate the curves."""

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
    """Batches of a synthetic dataset, each of one length and determined by seed and index.

    Whenever a composition is sampled, its technique generates the curves with another seed, so no
    two epochs have the same curves.

    Attributes
    ----------
    dataset : SyntheticDataset
        Tracks and compositions.
    techniques : mapping of str to CurveModel
        All techniques of the dataset by qualified name.
    encoders : tuple of Encoder
        Encoders of the model.
    network : DiffusionNetwork
        Provides the slots of the encoders.
    layout : Layout
        Parameters of the curves.
    seed : int
        Seed of all randomness.
    no_technique_fraction : float
        Fraction of examples without a technique, 0 to 1.

    See Also
    --------
    PreparedBatches : Batches of prepared pairs.

    Examples
    --------
    >>> from djtrans.datasets import SyntheticBatches
    >>> batches = SyntheticBatches(
    ...     dataset, techniques, encoders, network, record.layout
    ... )  # doctest: +SKIP
    >>> batch = batches.batch(0, 32)  # doctest: +SKIP
    """

    dataset: SyntheticDataset
    techniques: Mapping[str, CurveModel]
    encoders: tuple[Encoder, ...]
    network: DiffusionNetwork
    layout: Layout
    seed: int = 0
    no_technique_fraction: float = NO_TECHNIQUE_FRACTION

    def __attrs_post_init__(self) -> None:
        for name, part in (
            ("training", self.dataset.training),
            ("validation", self.dataset.validation),
        ):
            if not part:
                raise InputError(
                    f"The synthetic dataset has no transition for {name}; compose a larger one."
                )
        check_extracted(
            self.network.slots,
            self.dataset.extractors,
            "the synthetic dataset",
            "compose it again with the model's extractors (compose_dataset(..., "
            "extractors=build_extractors(record)), or djtrans train --synthetic)",
        )
        used = {c.technique for c in (*self.dataset.training, *self.dataset.validation)}
        if missing := sorted(used - set(self.techniques)):
            raise InputError(
                f"The synthetic dataset uses {', '.join(missing)}, which is not installed; install "
                "the plugin, or compose the dataset again."
            )

    @cached_property
    def _lengths(self) -> dict[bool, dict[int, list[Composition]]]:
        """Compositions by frames, for training (False) and validation (True)."""
        return {
            False: by_length(self.dataset.training),
            True: by_length(self.dataset.validation),
        }

    def batch(self, index: int, size: int, *, validation: bool = False, group: int = 1) -> Batch:
        """Return the batch of an index; see :class:`~djtrans.datasets.batch.BatchSource`."""
        key = self.seed, int(validation)
        return self._generate(*choose(self._lengths[validation], size, key, index, group))

    def _generate(self, compositions: Sequence[Composition], rng: np.random.Generator) -> Batch:
        curves, parts, missing = [], [], []
        for composition in compositions:
            # Any seed: 0, which generates the plain form of a technique, is not special here.
            request = request_of(
                composition, self.dataset.tracks, self.layout, int(rng.integers(2**31))
            )
            curves.append(self.techniques[request.technique].generate(request))
            if rng.random() < self.no_technique_fraction:
                request = attrs.evolve(request, technique="")
            inputs, without = encode(self.encoders, self.network, request)
            parts.append(inputs)
            missing.append(without)
        return Batch(
            Scaling(self.layout).to_model(conform(torch.stack(curves), self.layout)),
            stacked(parts),
            torch.cat(missing),
            techniques=tuple(composition.technique for composition in compositions),
        )
