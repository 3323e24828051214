"""Monitor of a run: sample curves of held-out transitions, and compare them with the rules'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.composition import Composition, request_of
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@attrs.frozen(eq=False)
class CurveMonitor:
    """Sample the same requests at each validation.

    Attributes
    ----------
    model : DiffusionModel
        Model with the network in training.
    requests : sequence of CurveRequest
        Held-out transitions.
    expected : sequence of Tensor
        Curves of the rules or of the dataset for each, ``[frames, parameters]``.
    """

    model: DiffusionModel
    requests: Sequence[CurveRequest]
    expected: Sequence[Tensor]

    def __call__(self, step: int) -> dict[str, float | Figure]:
        """Compute the difference and the motion of the curves, and plot them.

        Returns
        -------
        dict
            ``"curves/rms"``: root mean square difference to the rules, in the normalized range -1
            to 1; ``"curves/motion"``: mean movement per frame, relative to that of the rules;
            ``""``: the figure.
        """
        from djtrans.plot.samples import SampledTransition, plot_samples

        scaling = Scaling(self.model.layout)
        errors, motions, transitions = [], [], []
        for request, expected in zip(self.requests, self.expected, strict=True):
            sampled = conform(self.model.generate(request), self.model.layout)
            now, rules = scaling.to_model(sampled), scaling.to_model(expected)
            errors.append(float((now - rules).square().mean().sqrt()))
            motions.append([float(torch.diff(x, dim=0).abs().mean()) for x in (now, rules)])
            bars = request.beats / request.beats_per_bar
            transitions.append(
                SampledTransition(
                    title=f"{request.technique.rpartition('/')[2] or 'any'}, {bars:g} bars",
                    bars=bars,
                    swap_bar=request.swap_beat / request.beats_per_bar,
                    sampled=sampled.double().numpy(),
                    rules=expected.double().numpy(),
                )
            )
        moved, least = (float(np.mean(each)) for each in zip(*motions, strict=True))
        return {
            "curves/rms": float(np.mean(errors)),
            "curves/motion": moved / max(least, 1e-9),
            "": plot_samples(
                transitions, self.model.layout, f"Curves of held-out transitions, step {step}"
            ),
        }


def held_out_requests(
    datasets: Sequence[SyntheticDataset | PreparedDataset],
    layout: Layout,
    techniques: Mapping[str, CurveModel],
    count: int,
) -> tuple[list[CurveRequest], list[Tensor]]:
    """Choose held-out transitions, of other techniques as far as there are any.

    Parameters
    ----------
    datasets : sequence of SyntheticDataset or PreparedDataset
        Datasets of the run.
    layout : Layout
        Parameters of the curves.
    techniques : mapping of str to CurveModel
        Techniques of the synthetic datasets by qualified name.
    count : int
        Largest number of transitions.

    Returns
    -------
    requests : list of CurveRequest
        Requests with the seed 1.
    expected : list of Tensor
        Curves of the rules, or of the prepared pairs.
    """
    found: dict[str, list[tuple[CurveRequest, Tensor]]] = {}

    def add(technique: str, request: CurveRequest, values: Tensor) -> None:
        found.setdefault(technique, []).append((request, conform(values, layout)))

    for dataset in datasets:
        if isinstance(dataset, SyntheticDataset):
            for composition in spread(dataset.validation, count):
                request = request_of(composition, dataset.tracks, layout, 1)
                name = composition.technique
                add(name, request, techniques[name].generate(request))
        else:
            for example in dataset.validation[:count]:
                add(example.request.technique, example.request, example.values)
    # Again of all datasets: one of each technique first, then a second one of each.
    turns = [each[turn] for turn in range(count) for each in found.values() if turn < len(each)]
    return [request for request, _ in turns[:count]], [values for _, values in turns[:count]]


def spread(compositions: Sequence[Composition], count: int) -> list[Composition]:
    """Choose compositions of each technique in turn, as many as there are of `count`."""
    by_technique: dict[str, list[Composition]] = {}
    for composition in compositions:
        by_technique.setdefault(composition.technique, []).append(composition)
    parts = list(by_technique.values())
    longest = max(map(len, parts), default=0)
    turns = [part[turn] for turn in range(longest) for part in parts if turn < len(part)]
    return turns[:count]
