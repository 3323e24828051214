"""Generate curves with a technique or a model, and conform them to the layout."""

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
    values = model.generate(request)
    expected = (request.n_frames, len(request.layout))
    if tuple(values.shape) != expected or not bool(torch.isfinite(values).all()):
        raise ShapeError(
            f"{type(model).__name__} generated curves of shape {tuple(values.shape)}"
            f"{'' if tuple(values.shape) != expected else ' with values that are not finite'}; "
            f"expected finite curves {expected} [frames, parameters]."
        )
    times = frame_times(beat_times, request.n_frames, request.frames_per_beat)
    return TransitionParams(
        conform(values, request.layout), request.layout, times, beat_times, request.frames_per_beat
    )


def check_needs(needs: tuple[str, ...], layout: Layout, technique: str) -> None:
    """Raise LayoutError if a mixer lacks parameters that a technique needs."""
    for pattern in needs:
        if not layout.select(pattern):
            raise LayoutError(
                f"{technique} needs parameters {pattern!r}, which this mixer lacks; choose another "
                "technique, or a mixer with these nodes."
            )
