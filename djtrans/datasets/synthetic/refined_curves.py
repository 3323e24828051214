"""Generate curves for compositions by their techniques, and refine them by the objectives."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import torch

from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.params import conform
from djtrans.datasets.synthetic.composition import Composition, request_of
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.power_features import mix_sources
from djtrans.datasets.synthetic.stored_curves import StoredCurves
from djtrans.diffusion.normalization import Scaling
from djtrans.mixer.mixer import Mixer
from djtrans.objectives import WeightedObjectives
from djtrans.refinement import RefinementConfig, refine_curves

#: Steps of the descent: from 30 to 60 the sum of objectives falls by another 2 to 4 %.
_CONFIG = RefinementConfig(steps=30)


@attrs.frozen(eq=False)
class CurveRefiner:
    """Generates and refines curves for compositions.

    Attributes
    ----------
    mixer : Mixer
        Mixer whose parameters the curves are.
    objectives : WeightedObjectives
    generated : int
        Curves that the technique generates for each composition.
    refinements : int
        Of these, the ones with the lowest cost that are refined.
    seed : int
    """

    mixer: Mixer
    objectives: WeightedObjectives
    generated: int = 4
    refinements: int = 1
    seed: int = 0

    def __call__(
        self,
        index: int,
        composition: Composition,
        tracks: Sequence[FramedTrack],
        technique: CurveModel,
    ) -> list[StoredCurves]:
        """Return curves with their costs.

        Parameters
        ----------
        index : int
            Index of the composition, which determines its seeds.
        composition : Composition
        tracks : sequence of FramedTrack
            Tracks of the dataset, with stem powers.
        technique : CurveModel
            Technique of the composition.

        Returns
        -------
        list of StoredCurves
            The technique's curves with the lowest costs, those that improve on them, and the
            technique's curves with the highest cost. Refined curves count as an improvement if
            their cost is lower and no objective that can be descended on is noticeably higher.
        """
        rng = np.random.default_rng([self.seed, index, 0xD2])
        layout = self.mixer.layout
        request = request_of(composition, tracks, layout, seed=0)
        model = mix_sources(composition, request).model(self.mixer)
        seeds = [int(seed) for seed in rng.integers(2**31, size=self.generated)]
        curves = torch.stack(
            [
                conform(technique.generate(attrs.evolve(request, seed=seed)), layout)
                for seed in seeds
            ]
        )
        with torch.no_grad():
            cost = self.objectives.evaluate(model.predict(curves)).total
        order = cost.argsort().tolist()
        scaling = Scaling(layout)

        def stored(values: torch.Tensor, total: float, refined: bool) -> StoredCurves:
            return StoredCurves(index, scaling.to_model(values).half(), total, refined)

        found = []
        for each in order[: self.refinements]:
            found.append(stored(curves[each], float(cost[each]), False))
            better = refine_curves(model, curves[each], self.objectives, _CONFIG)
            chosen = better.without_worse_terms(self.objectives)
            if chosen is not None:
                total = self.objectives.total(better.after[chosen])
                found.append(stored(better.candidates[chosen], total, True))
        if len(order) > self.refinements:
            found.append(stored(curves[order[-1]], float(cost[order[-1]]), False))
        return found
