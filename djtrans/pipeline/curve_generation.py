"""Choose the model or the technique that generates the curves, and check its curves."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams, conform, frame_times
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError, LayoutError, ShapeError
from djtrans.core.transition.plan import TransitionPlan
from djtrans.diffusion.model import (
    LONGEST_BARS,
    SHORTEST_BARS,
    DiffusionModel,
    check_layout,
    layout_difference,
)
from djtrans.registry import Registry, default_registry


def load_technique(name: str, registry: Registry | None = None, **config: Any) -> CurveModel:
    """Build a technique, a rule-based curve model.

    Parameters
    ----------
    name : str
        Name of a registered technique, ``"bass-swap"``.
    registry : Registry, optional
    **config
        Fields of its config.

    Returns
    -------
    CurveModel
        Can take the place of a trained model in :func:`generate_transition`.
    """
    return (registry or default_registry()).techniques.build(name, config)


def generate_params(
    model: CurveModel, request: CurveRequest, beat_times: Tensor
) -> TransitionParams:
    """Let a model draw, and make its curves fit the contract.

    Parameters
    ----------
    model : CurveModel
    request : CurveRequest
    beat_times : Tensor
        ``[beats + 1]`` float64, the clock of the window in seconds.

    Returns
    -------
    TransitionParams
        In range, snapped, ends pinned.

    Raises
    ------
    ShapeError
        If the model draws another shape than the layout and frames ask for.
    """
    values = model.generate(request)
    wanted = (request.n_frames, len(request.layout))
    if tuple(values.shape) != wanted or not bool(torch.isfinite(values).all()):
        raise ShapeError(
            f"{type(model).__name__} drew shape {tuple(values.shape)}"
            f"{'' if tuple(values.shape) != wanted else ' with values that are not finite'}; "
            f"expected finite curves {wanted} [frames, parameters]."
        )
    times = frame_times(beat_times, request.n_frames, request.frames_per_beat)
    return TransitionParams(
        conform(values, request.layout), request.layout, times, beat_times, request.frames_per_beat
    )


def check_needs(needs: tuple[str, ...], layout: Layout, who: str) -> None:
    """Refuse a mixer that lacks parameters which a technique cannot do without."""
    for pattern in needs:
        if not layout.select(pattern):
            raise LayoutError(
                f"{who} needs parameters {pattern!r}, which this mixer lacks; choose another "
                "technique, or a mixer with these nodes."
            )


def compatible_model(
    model: DiffusionModel | None,
    layout: Layout,
    technique_config: Mapping[str, Any],
    *,
    named: bool,
) -> DiffusionModel | None:
    """The model, if it can draw for this mixer and with these settings.

    Parameters
    ----------
    model : DiffusionModel, optional
    layout : Layout
        Of the mixer.
    technique_config : mapping
        Settings of the technique: its rules know them, a model does not.
    named : bool
        Whether it was asked for. If it was not, the rules draw in its place, and a warning says so.

    Returns
    -------
    DiffusionModel or None
        None: the rules draw.

    Raises
    ------
    LayoutError
        If it was asked for, and was trained for another mixer.
    InputError
        If it was asked for, and the technique has settings.
    """
    if model is None:
        return None
    if named:
        check_layout(model.layout, layout)
        if technique_config:
            raise InputError(
                f"technique.{next(iter(technique_config))} is set, which a model does not know; "
                "leave it out, or let the technique's rules draw (--model none)."
            )
        return model
    if why := layout_difference(model.layout, layout):
        _warn(f"it was trained for another mixer ({why})")
        return None
    if technique_config:
        _warn(f"it does not know technique.{next(iter(technique_config))}")
        return None
    return model


def can_generate(model: DiffusionModel, plan: TransitionPlan) -> bool:
    """Whether a model was trained on such a transition; if not, a warning says who draws."""
    why = why_not(model, plan)
    if why:
        _warn(why, short_name(plan.technique))
    return not why


def why_not(model: DiffusionModel, plan: TransitionPlan) -> str:
    """Why a model does not draw such a transition; ``""`` where it does."""
    if not model.knows(plan.technique):
        return "it was not taught this technique"
    if not SHORTEST_BARS <= plan.bars <= LONGEST_BARS:
        return f"it draws {SHORTEST_BARS} to {LONGEST_BARS} bars, the plan has {plan.bars}"
    if plan.beats_per_bar != 4:
        return f"it knows bars of 4 beats, the plan has {plan.beats_per_bar}"
    return ""


def by_rules(why: str, technique: str = "it") -> str:
    """A line that says who draws, and why."""
    return f"{technique} is drawn by its rules, not by the model: {why}"


def _warn(why: str, technique: str = "The technique") -> None:
    warnings.warn(f"{by_rules(why, technique)}.", stacklevel=5)
