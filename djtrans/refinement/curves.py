"""Refine curves by the predicted power of the mix."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.params import conform
from djtrans.objectives.prediction import PowerModel
from djtrans.objectives.registered import Evaluation, WeightedObjectives
from djtrans.refinement.controls import make_controls
from djtrans.refinement.descent import RefinementConfig, descend
from djtrans.refinement.low_end import LowEndPlan, apply_low_end, search_low_end


@attrs.frozen(eq=False)
class RefinedCurves:
    """Curves that were refined, and what was predicted of them.

    Attributes
    ----------
    values : Tensor
        ``[frames, parameters]``: the best curves found; the original ones if none are better.
    changed : bool
        True if they are not the original ones.
    low_end : LowEndPlan
        Owner of the low end by phrase.
    before, after : dict of str to float
        Value of each objective.
    """

    values: Tensor
    changed: bool
    low_end: LowEndPlan
    before: dict[str, float]
    after: dict[str, float]


def refine_curves(
    model: PowerModel,
    values: Tensor,
    objectives: WeightedObjectives,
    config: RefinementConfig | None = None,
) -> RefinedCurves:
    """Refine curves: search the owner of the low end, then descend on a DJ's controls.

    Parameters
    ----------
    model : PowerModel
    values : Tensor
        ``[frames, parameters]``.
    objectives : WeightedObjectives
    config : RefinementConfig, optional

    Returns
    -------
    RefinedCurves
        With the smallest sum of all objectives among the original curves, and those with a new
        owner of the low end, new moves, or both.
    """
    config = config if config is not None else RefinementConfig()
    layout = model.mixer.layout
    isolated = all(source.isolated for source in model.sources)
    level = config.level if config.level != "auto" else ("stem" if isolated else "track")
    descending = objectives.descending()

    def objective(curves: Tensor) -> Tensor:
        return descending.evaluate(model.predict(curves)).total.sum()

    low_end = search_low_end(model, values)
    starts = [values]
    if low_end.changed:
        starts.append(apply_low_end(low_end, values, layout, model.frames_per_beat))
    candidates = list(starts)
    for start in starts:
        controls = make_controls(
            layout, start, model.frames_per_beat * model.beats_per_bar, level
        )
        moves = descend(controls, objective, config)
        candidates.append(conform(controls.apply(moves), layout))
    with torch.no_grad():
        found = objectives.evaluate(model.predict(torch.stack(candidates)))
    best = int(found.total.argmin())
    return RefinedCurves(
        values=candidates[best],
        changed=best > 0,
        low_end=low_end,
        before=_row(found, 0),
        after=_row(found, best),
    )


def _row(evaluation: Evaluation, index: int) -> dict[str, float]:
    return {name: float(value[index]) for name, value in evaluation.values.items()}
