"""Monitor of a run: rate sampled curves by the objectives of the predicted mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.datasets.synthetic.composition import request_of
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.power_features import mix_sources
from djtrans.diffusion.model import DiffusionModel
from djtrans.mixer.mixer import Mixer
from djtrans.objectives import PowerModel, WeightedObjectives
from djtrans.training.curve_monitor import spread

#: Seed of the sampled curves, and of those of the rules that they are compared with.
_SEED = 1


@attrs.frozen(eq=False)
class MixMonitor:
    """Rate samples for the same requests at each validation.

    Attributes
    ----------
    model : DiffusionModel
        Model with the network in training.
    objectives : WeightedObjectives
    requests : sequence of CurveRequest
        Held-out transitions.
    mixes : sequence of PowerModel
        Predicts the mix of each.
    rules : dict of str to float
        Mean of each objective for the curves of the rules, and of their ``"cost"``.
    """

    model: DiffusionModel
    objectives: WeightedObjectives
    requests: Sequence[CurveRequest]
    mixes: Sequence[PowerModel]
    rules: Mapping[str, float]

    @classmethod
    def of(
        cls,
        model: DiffusionModel,
        dataset: SyntheticDataset,
        techniques: Mapping[str, CurveModel],
        mixer: Mixer,
        objectives: WeightedObjectives,
        count: int,
    ) -> MixMonitor:
        """Choose held-out transitions of a dataset, of other techniques as far as there are any.

        Parameters
        ----------
        model : DiffusionModel
        dataset : SyntheticDataset
            With stem powers.
        techniques : mapping of str to CurveModel
            Techniques of the dataset by qualified name.
        mixer : Mixer
            Mixer with the layout of the model.
        objectives : WeightedObjectives
        count : int
            Largest number of transitions.

        Returns
        -------
        MixMonitor
        """
        chosen = spread(dataset.validation, count)
        requests = [request_of(c, dataset.tracks, mixer.layout, _SEED) for c in chosen]
        mixes = [
            mix_sources(composition, request).model(mixer)
            for composition, request in zip(chosen, requests, strict=True)
        ]
        curves = [techniques[request.technique].generate(request) for request in requests]
        rules = _means(objectives, mixes, [conform(each, mixer.layout) for each in curves])
        return cls(model, objectives, requests, mixes, rules)

    def __call__(self, step: int) -> dict[str, float]:
        """Sample and rate.

        Returns
        -------
        dict of str to float
            ``"mix/cost"``: mean of the weighted sum of the objectives; ``"mix/OBJECTIVE"``: mean of
            each; ``"rules/cost"`` and ``"rules/OBJECTIVE"``: the same for the curves of the rules.
        """
        curves = [conform(self.model.generate(r), self.model.layout) for r in self.requests]
        sampled = _means(self.objectives, self.mixes, curves)
        return {
            **{f"mix/{name}": value for name, value in sampled.items()},
            **{f"rules/{name}": value for name, value in self.rules.items()},
        }


def _means(
    objectives: WeightedObjectives, mixes: Sequence[PowerModel], curves: Sequence[Tensor]
) -> dict[str, float]:
    rows = []
    with torch.no_grad():
        for mix, values in zip(mixes, curves, strict=True):
            found = objectives.evaluate(mix.predict(values))
            rows.append(
                {"cost": float(found.total)} | {n: float(v) for n, v in found.values.items()}
            )
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
