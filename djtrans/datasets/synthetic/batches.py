"""Batches from a synthetic dataset: curves of techniques, and stored ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Encoder
from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError, LayoutError
from djtrans.datasets.batch import NO_TECHNIQUE_FRACTION, Batch
from djtrans.datasets.extra_features import check_extracted
from djtrans.datasets.length_buckets import by_length, choose, stacked
from djtrans.datasets.synthetic.composition import Composition, request_of
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.power_features import mix_sources
from djtrans.datasets.synthetic.stored_curves import StoredCurves, improvements
from djtrans.diffusion.model import encode
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling

#: Fraction of stored curves; the others keep the variety of each technique.
STORED_FRACTION = 0.6


@attrs.define(eq=False, slots=False)
class SyntheticBatches:
    """Batches of a synthetic dataset, each of one length and determined by seed and index.

    A part of the examples has stored curves, half of which are refined; their requests have the
    share of the known improvement as their objective. For the others, the technique generates
    curves with another seed each time, so no two epochs have the same curves.

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
    stored_fraction : float
        Fraction of examples with stored curves, 0 to 1, if the dataset has some of that length.
    mixes : int
        Number of transitions of a batch that come with their stem powers.

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
    stored_fraction: float = STORED_FRACTION
    mixes: int = 0

    def __attrs_post_init__(self) -> None:
        stored = (*self.dataset.training_curves, *self.dataset.validation_curves)
        if stored and stored[0].values.shape[1] != len(self.layout):
            raise LayoutError(
                f"The curves of the synthetic dataset have {stored[0].values.shape[1]} parameters "
                f"and the mixer has {len(self.layout)}; compose it again for this mixer."
            )
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
    def _lengths(self) -> dict[bool, dict[int, list[_Example]]]:
        """Examples by frames, for training (False) and validation (True)."""
        data = self.dataset
        return {
            False: by_length(_examples(data.training, data.training_curves)),
            True: by_length(_examples(data.validation, data.validation_curves)),
        }

    def batch(self, index: int, size: int, *, validation: bool = False, group: int = 1) -> Batch:
        """Return the batch of an index; see :class:`~djtrans.datasets.batch.BatchSource`."""
        key = self.seed, int(validation)
        examples, rng = choose(self._lengths[validation], size, key, index, group)
        stored = [e for e in self._lengths[validation][examples[0].frames] if e.curves]
        rows, conditions = [], []
        for example in examples:
            if stored and rng.random() < self.stored_fraction:
                row = self._stored(stored[int(rng.integers(len(stored)))], rng)
            else:
                row = self._generated(example, rng)
            rows.append(row)
            without = rng.random() < self.no_technique_fraction
            conditions.append(attrs.evolve(row.request, technique="") if without else row.request)
        return self._batch(rows, conditions)

    def _stored(self, example: _Example, rng: np.random.Generator) -> _Row:
        """Return stored curves: half of the time refined ones, if there are any."""
        refined = [i for i, each in enumerate(example.curves) if each.refined]
        own = [i for i, each in enumerate(example.curves) if not each.refined]
        among = refined if refined and (not own or rng.random() < 0.5) else own
        which = among[int(rng.integers(len(among)))]
        values = Scaling(self.layout).from_model(example.curves[which].values.float())
        request = self._request(example, seed=0)
        request = attrs.evolve(request, objective=example.improvements[which])
        return _Row(example.composition, request, values)

    def _generated(self, example: _Example, rng: np.random.Generator) -> _Row:
        """Return new curves of the technique, which have no rating."""
        # Any seed: 0, which generates the plain form of a technique, is not special here.
        request = self._request(example, seed=int(rng.integers(2**31)))
        values = self.techniques[request.technique].generate(request)
        return _Row(example.composition, request, values)

    def _request(self, example: _Example, seed: int) -> CurveRequest:
        return request_of(example.composition, self.dataset.tracks, self.layout, seed)

    def _batch(self, rows: Sequence[_Row], conditions: Sequence[CurveRequest]) -> Batch:
        encoded = [encode(self.encoders, self.network, request) for request in conditions]
        parts, missing = zip(*encoded, strict=True)
        values = torch.stack([row.values for row in rows])
        return Batch(
            Scaling(self.layout).to_model(conform(values, self.layout)),
            stacked(parts),
            torch.cat(missing),
            techniques=tuple(row.composition.technique for row in rows),
            # The rows are in random order.
            mixes=tuple(
                mix_sources(row.composition, row.request, index)
                for index, row in enumerate(rows[: self.mixes])
            ),
        )


@attrs.frozen(eq=False)
class _Row:
    """Transition of a batch, with its curves ``[frames, parameters]``."""

    composition: Composition
    request: CurveRequest
    values: Tensor


@attrs.frozen(eq=False)
class _Example:
    """Composition with its stored curves, and the improvement of each."""

    composition: Composition
    curves: tuple[StoredCurves, ...]
    improvements: tuple[float, ...]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.composition.frames


def _examples(
    compositions: Sequence[Composition], curves: Sequence[StoredCurves]
) -> list[_Example]:
    of: dict[int, list[StoredCurves]] = {}
    for each in curves:
        of.setdefault(each.composition, []).append(each)
    return [
        _Example(composition, tuple(stored), tuple(improvements(stored)))
        for composition, stored in ((c, of.get(i, [])) for i, c in enumerate(compositions))
    ]
