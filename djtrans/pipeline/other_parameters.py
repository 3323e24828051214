"""Fill the parameters of a mixer that its model does not generate."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from torch import Tensor

from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import ShapeError
from djtrans.core.transition.params_file import ParamsFile
from djtrans.diffusion.layout_part import other_keys
from djtrans.diffusion.model import DiffusionModel

#: Sources of parameters besides a technique's name.
NEUTRAL, VARIED = "neutral", "the curves to vary"


def fill_other_parameters(
    request: CurveRequest,
    model: DiffusionModel,
    technique: CurveModel,
    technique_name: str,
    varied: ParamsFile | None = None,
) -> tuple[CurveRequest, Mapping[str, tuple[str, ...]]]:
    """Set ``request.rest`` if the mixer has parameters that the model was not trained on.

    They come from the curves to vary, or from the rules of the technique, which leave parameters
    that they do not know at neutral.

    Parameters
    ----------
    request : CurveRequest
    model : DiffusionModel
    technique : CurveModel
        Technique of the plan, or of another source of curves.
    technique_name : str
        Its qualified name.
    varied : ParamsFile, optional
        Curves to vary.

    Returns
    -------
    request : CurveRequest
    sources : mapping of str to tuple of str
        Keys of these parameters by their source: the name of the technique, :data:`NEUTRAL` or
        :data:`VARIED`. Empty if the model generates all.

    Raises
    ------
    ShapeError
        If the technique generates curves of another shape than the request.
    """
    keys = other_keys(model.layout, request.layout)
    if not keys:
        return request, {}
    if varied is not None:
        rest = varied.params.resampled(request.n_frames).values
        return attrs.evolve(request, rest=rest), {VARIED: keys}
    rest = technique.generate(request)
    if tuple(rest.shape) != (request.n_frames, len(request.layout)):
        raise ShapeError(
            f"{technique_name} generated curves of shape {tuple(rest.shape)}; expected "
            f"{(request.n_frames, len(request.layout))} [frames, parameters]."
        )
    moved = [key for key in keys if _moves(rest, request, key)]
    still = [key for key in keys if key not in moved]
    sources = {technique_name: tuple(moved), NEUTRAL: tuple(still)}
    return attrs.evolve(request, rest=rest), {s: k for s, k in sources.items() if k}


def _moves(curves: Tensor, request: CurveRequest, key: str) -> bool:
    index = request.layout.index(key)
    return bool((curves[:, index] != request.layout.rows[index].parameter.neutral).any())
