"""Identify the parts of a model, to find those that differ from its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from djtrans.core.util.tensor_digest import tensor_digest
from djtrans.diffusion.model import DiffusionModel

#: Part with a digest instead of a class.
WEIGHTS = "weights"


def identify(model: DiffusionModel) -> dict[str, str]:
    """Return the class of each part of a model, as ``module:Class``, and a digest of its weights.

    The scheduler is not among them, since it may be exchanged; see :func:`replaced_parts`.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.diffusion.identity import identify
    >>> identify(djtrans.load_model(device="cpu"))["denoiser"]
    'djtrans.plugins.denoisers.dit:DitNetwork'
    """
    encoders = {f"encoder {i}": _class(e) for i, e in enumerate(model.encoders, 1)}
    weights = {name: tensor.cpu() for name, tensor in model.network.state_dict().items()}
    return {
        "model": _class(model),
        "network": _class(model.network),
        "denoiser": _class(model.network.denoiser),
        **encoders,
        WEIGHTS: tensor_digest(weights, {}),
    }


def replaced_parts(model: DiffusionModel, scheduler: object) -> Mapping[str, str]:
    """Return the parts of a model that are not those of its file, with their class or digest.

    Parameters
    ----------
    model : DiffusionModel
        Model, as it generates.
    scheduler : object
        Scheduler of the name that the model records; None if it records none.
    """
    found = identify(model)
    # A model that was not loaded from a file is compared with the class alone.
    expected = model.loaded or {**found, "model": _class_name(DiffusionModel)}
    replaced = {part: name for part, name in found.items() if expected.get(part) != name}
    if type(model.scheduler) is not type(scheduler):
        replaced["scheduler"] = _class(model.scheduler)
    return replaced


def _class(part: Any) -> str:
    return _class_name(type(part))


def _class_name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
