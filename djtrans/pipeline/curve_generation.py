"""Curves drawn by a technique or a model, made to fit the contract."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams, conform, frame_times
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import LayoutError, ShapeError
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
    model: CurveModel = (registry or default_registry()).techniques.build(name, config)
    return model


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
