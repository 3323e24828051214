"""Refine curves by the predicted power of the mix."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.curves.params import conform
from djtrans.core.errors import InputError
from djtrans.objectives.prediction import PowerModel
from djtrans.objectives.registered import Evaluation, WeightedObjectives
from djtrans.objectives.rendering import RenderedPowerModel
from djtrans.refinement.controls import make_controls
from djtrans.refinement.descent import RefinementConfig, descend
from djtrans.refinement.low_end import LowEndPlan, apply_low_end, search_low_end

#: Parts of the moves that are candidates: less may pass a gate that all of them do not.
SHARES = (1.0, 0.7, 0.4)


#: Change of an objective, times its weight, or of their sum that does not count.
UNNOTICED = 0.1


@attrs.frozen(eq=False)
class RefinedCurves:
    """Candidates for refined curves, and what was predicted of them.

    Attributes
    ----------
    candidates : tuple of Tensor
        ``[frames, parameters]`` each: those with a smaller sum of objectives than the original
        curves, the smallest first.
    before : dict of str to float
        Value of each objective for the original curves.
    after : tuple of dict of str to float
        The same for each candidate.
    low_end : LowEndPlan
        Owner of the low end by phrase.
    level : str
        Level at which controls were moved.
    """

    candidates: tuple[Tensor, ...]
    before: dict[str, float]
    after: tuple[dict[str, float], ...]
    low_end: LowEndPlan
    level: str

    def without_worse_terms(self, objectives: WeightedObjectives) -> int | None:
        """Return the first candidate that is better, and for which no objective is worse.

        Both as far as it is noticeable. Objectives that cannot be descended on, such as the number
        of controls that move, count in the sum alone.
        """
        descending = [name for name, d in objectives.declarations.items() if d.descends]
        for index, after in enumerate(self.after):
            if objectives.total(self.before) - objectives.total(after) <= UNNOTICED:
                continue
            changes = (
                objectives.weights[name] * (after[name] - self.before[name]) for name in descending
            )
            if all(change <= UNNOTICED for change in changes):
                return index
        return None


def refine_curves(
    model: PowerModel,
    values: Tensor,
    objectives: WeightedObjectives,
    config: RefinementConfig | None = None,
    *,
    rendered: RenderedPowerModel | None = None,
    progress: FractionCallback | None = None,
) -> RefinedCurves:
    """Refine curves: search the owner of the low end, then descend on a DJ's controls.

    Parameters
    ----------
    model : PowerModel
    values : Tensor
        ``[frames, parameters]``.
    objectives : WeightedObjectives
    config : RefinementConfig, optional
    rendered : RenderedPowerModel, optional
        Model of the same transition that renders the mix; required for ``prediction="audio"``.
    progress : callable, optional
        Receives the fraction done.

    Returns
    -------
    RefinedCurves
        Candidates are curves with a new owner of the low end, new moves, a part of them, or both.

    Raises
    ------
    InputError
        If the config asks for rendered audio, and no model renders it.

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.objectives import PowerModel, load_objectives, measure_stem_powers
    >>> from djtrans.refinement import refine_curves
    >>> beat_times = torch.arange(17, dtype=torch.float64) * 0.5
    >>> names = ("drums", "bass", "vocals", "other")
    >>> stems = djtrans.Stems(0.1 * torch.randn(4, 1, 8 * 22050), names, 22050)
    >>> powers = measure_stem_powers(stems, beat_times)
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> model = PowerModel(
    ...     mixer=mixer,
    ...     sources=djtrans.Pair(powers, powers),
    ...     beat_times=beat_times,
    ...     swap_beat=8,
    ...     sample_rate=22050,
    ... )
    >>> request = djtrans.CurveRequest(mixer.layout, n_frames=32, swap_beat=8)
    >>> values = djtrans.load_technique("fade").generate(request)
    >>> refined = refine_curves(model, values, load_objectives())
    >>> refined.before["loudness-dip"] >= 0.0
    True
    """
    config = config if config is not None else RefinementConfig()
    if config.prediction == "audio" and rendered is None:
        raise InputError("Refinement on audio needs a model that renders it; give `rendered`.")
    layout, descending = model.mixer.layout, objectives.descending()
    isolated = all(source.isolated for source in model.sources)
    level = config.level if config.level != "auto" else ("stem" if isolated else "track")
    frames_per_bar = model.frames_per_beat * model.beats_per_bar
    low_end = search_low_end(model, values)
    starts = [values]
    if low_end.changed:
        starts.append(apply_low_end(low_end, values, layout, model.frames_per_beat))
    curves = list(starts)
    stages = len(starts) + (config.prediction == "audio")

    def descended(model: PowerModel, start: Tensor, steps: int, stage: int) -> list[Tensor]:
        controls = make_controls(layout, start, frames_per_bar, level, filters=config.filters)
        moves = descend(
            controls,
            lambda curves: descending.evaluate(model.predict(curves)).total.sum(),
            config,
            steps=steps,
            progress=_part(progress, stage, stages),
        )
        return [conform(controls.apply(share * moves), layout) for share in SHARES]

    for index, start in enumerate(starts):
        curves += descended(model, start, config.steps, index)
    found = _evaluated(model, objectives, curves)
    if config.prediction == "audio" and rendered is not None:
        best = curves[int(found.total.argmin())]
        curves += descended(rendered, best, config.audio_steps, len(starts))
        found = _evaluated(rendered, objectives, curves)
    better = [i for i in found.total.argsort().tolist() if found.total[i] < found.total[0]]
    return RefinedCurves(
        candidates=tuple(curves[i] for i in better),
        before=_row(found, 0),
        after=tuple(_row(found, i) for i in better),
        low_end=low_end,
        level=level,
    )


def _evaluated(
    model: PowerModel, objectives: WeightedObjectives, curves: list[Tensor]
) -> Evaluation:
    with torch.no_grad():
        return objectives.evaluate(model.predict(torch.stack(curves)))


def _part(progress: FractionCallback | None, index: int, parts: int) -> FractionCallback | None:
    if progress is None:
        return None
    return lambda fraction: progress((index + fraction) / parts)


def _row(evaluation: Evaluation, index: int) -> dict[str, float]:
    return {name: float(value[index]) for name, value in evaluation.values.items()}
