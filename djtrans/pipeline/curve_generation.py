"""Choose the source of the curves, a model or a technique, and generate them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams, conform, frame_times
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import (
    DjtransError,
    InputError,
    LayoutError,
    ShapeError,
    UnknownComponentError,
)
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.finite import all_finite
from djtrans.core.util.isolation import isolated
from djtrans.diffusion.layout_part import check_layout, uncovered
from djtrans.diffusion.model import (
    LONGEST_BARS,
    SHORTEST_BARS,
    DiffusionModel,
)
from djtrans.mixer.resolve import mixer_layout
from djtrans.registry import Registry, default_registry


def load_technique(name: str, registry: Registry | None = None, **config: Any) -> CurveModel:
    """Build a technique, a rule-based curve model.

    Parameters
    ----------
    name : str
        Name of a registered technique, such as ``"bass-swap"``.
    registry : Registry, optional
    **config
        Fields of the technique's config.

    Returns
    -------
    CurveModel
        Can replace a trained model in :func:`generate_transition`.

    See Also
    --------
    djtrans.load_model : Load a trained model.

    Examples
    --------
    >>> import djtrans
    >>> technique = djtrans.load_technique("bass-swap")
    >>> request = djtrans.CurveRequest(djtrans.mixer_layout(), n_frames=128, swap_beat=32)
    >>> technique.generate(request).shape
    torch.Size([128, 54])
    """
    return (registry or default_registry()).techniques.build(name, config)


def generate_params(
    model: CurveModel, request: CurveRequest, beat_times: Tensor
) -> TransitionParams:
    """Generate curves, and conform them to the layout.

    Parameters
    ----------
    model : CurveModel
        A technique or a trained model.
    request : CurveRequest
    beat_times : Tensor
        ``[beats + 1]`` float64, beats of the window in seconds.

    Returns
    -------
    TransitionParams
        Clipped to the ranges, snapped, with pinned ends.

    Raises
    ------
    ShapeError
        If the curves are not finite or have another shape than the request.
    """
    return as_params(model.generate(request), model, request, beat_times)


def as_params(
    values: Tensor, model: CurveModel, request: CurveRequest, beat_times: Tensor
) -> TransitionParams:
    """Check the curves ``[frames, parameters]`` of a model, and conform them to the layout."""
    expected = (request.n_frames, len(request.layout))
    if tuple(values.shape) != expected:
        raise ShapeError(
            f"{_source(model)} generated curves of shape {tuple(values.shape)}; expected finite "
            f"curves {expected} [frames, parameters]."
        )
    if not all_finite(values):
        frame, column = (~torch.isfinite(values)).nonzero()[0].tolist()
        raise ShapeError(
            f"{_source(model)} generated values that are not finite: "
            f"{request.layout.rows[column].key} is {float(values[frame, column])} in frame {frame} "
            f"of {request.n_frames}; expected finite curves."
        )
    times = frame_times(beat_times, request.n_frames, request.frames_per_beat)
    return TransitionParams(
        conform(values, request.layout), request.layout, times, beat_times, request.frames_per_beat
    )


@attrs.frozen(eq=False)
class NamedTechnique:
    """A technique with its name and plugin, which the errors of its rules state.

    Attributes
    ----------
    technique : CurveModel
    label : str
        Name in messages.
    """

    technique: CurveModel
    label: str

    @classmethod
    def build(cls, registry: Registry, name: str, config: Mapping[str, Any]) -> NamedTechnique:
        """Build a registered technique."""
        found = registry.techniques.find(name)
        label = f"The technique {found.name} of {found.provider}"
        return cls(registry.techniques.build(name, config), label)

    def generate(self, request: CurveRequest) -> Tensor:
        """Generate the curves; any exception of the technique names it."""
        with isolated(self.label):
            return self.technique.generate(request)


def _source(model: CurveModel) -> str:
    return getattr(model, "label", f"{type(model).__name__} of {type(model).__module__}")


def check_needs(
    needs: tuple[str, ...], layout: Layout, technique: str, registry: Registry | None = None
) -> None:
    """Raise LayoutError if a mixer lacks parameters that a technique needs.

    The message names the mixers and effects that have them.
    """
    for pattern in needs:
        if layout.select(pattern):
            continue
        registry = registry or default_registry()
        mixers = [c.name for c in registry.mixers if _has_all(c.name, needs, registry)]
        if mixers:
            advice = f"choose the mixer {' or '.join(mixers)} (--mixer)"
        else:
            name = pattern.rpartition("/")[2]
            effects = [
                component.name
                for component in registry.effects
                for parameter in component.declaration.parameters_of(component.declaration.config())
                if fnmatchcase(parameter.name, name)
            ]
            advice = "no registered mixer has them; make one with such a node"
            if effects:
                advice += f" (effects with a parameter {name!r}: {', '.join(effects[:4])})"
        raise LayoutError(
            f"{technique} needs parameters {pattern!r}, which this mixer lacks: {advice}, or "
            "choose another technique."
        )


def _has_all(mixer: str, needs: tuple[str, ...], registry: Registry) -> bool:
    try:
        layout = mixer_layout(mixer, registry)
    except DjtransError:  # a mixer of a broken plugin provides nothing
        return False
    return all(map(layout.select, needs))


def compatible_model(
    model: DiffusionModel | None,
    layout: Layout,
    technique_config: Mapping[str, Any],
    *,
    named: bool,
) -> DiffusionModel | None:
    """Return the model if it supports the mixer and the settings of the technique.

    Parameters
    ----------
    model : DiffusionModel, optional
    layout : Layout
        Layout of the mixer.
    technique_config : mapping
        Settings of the technique; only its rules support them.
    named : bool
        The user named the model. If not, an unsuitable model is replaced by the rules, with a
        warning.

    Returns
    -------
    DiffusionModel or None
        None if the technique's rules generate the curves.

    Raises
    ------
    LayoutError
        If a named model was trained on parameters that the mixer lacks, or on other stems.
    InputError
        If a model is named, and the technique has settings.
    """
    if model is None:
        return None
    if named:
        check_layout(model.layout, layout)
        if technique_config:
            raise InputError(
                f"technique.{next(iter(technique_config))} is set, which a model does not support; "
                "leave it out, or use the technique's rules (--model none)."
            )
        return model
    if why := uncovered(model.layout, layout):
        _warn(f"the model was trained for another mixer ({why})")
        return None
    if technique_config:
        _warn(f"the model does not support technique.{next(iter(technique_config))}")
        return None
    return model


def can_generate(
    model: DiffusionModel, plan: TransitionPlan, registry: Registry | None = None
) -> bool:
    """Return True if a model supports the plan; if not, warn that the rules are used."""
    why = unsupported_reason(model, plan, registry)
    if why:
        _warn(why, short_name(plan.technique))
    return not why


def unsupported_reason(
    model: DiffusionModel, plan: TransitionPlan, registry: Registry | None = None
) -> str:
    """Return why a model does not support a plan; ``""`` if it does."""
    if not model.knows(plan.technique):
        return "the model was not trained on this technique"
    version = _technique_version(plan.technique, registry or default_registry())
    # The vocabulary of a model holds names alone, which stand for version 1.
    if version > 1 and not model.knows(f"{plan.technique}@{version}"):
        return f"the model was trained on version 1 of this technique, here it is {version}"
    if not SHORTEST_BARS <= plan.bars <= LONGEST_BARS:
        return (
            f"the model supports {SHORTEST_BARS} to {LONGEST_BARS} bars, the plan has {plan.bars}"
        )
    if plan.beats_per_bar != 4:
        return f"the model supports 4 beats per bar, the plan has {plan.beats_per_bar}"
    return ""


def _technique_version(name: str, registry: Registry) -> int:
    try:
        return registry.techniques.find(name).declaration.version
    except UnknownComponentError:  # of another installation: the model need not have it
        return 1


def rules_reason(why: str, technique: str = "the technique") -> str:
    """State that the curves come from the rules, and why."""
    return f"{technique} is generated by its rules, not by the model: {why}"


def _warn(why: str, technique: str = "The technique") -> None:
    warnings.warn(f"{rules_reason(why, technique)}.", stacklevel=5)
