"""Load, build and export models: records resolved with the registered components."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from djtrans.core.contracts.component import ComponentChoice, split_choice
from djtrans.core.contracts.config import config_from_dict
from djtrans.core.errors import InputError
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.devices import pick_device
from djtrans.core.util.output_files import Output, check_outputs
from djtrans.diffusion.building import build_model, scheduler_fields
from djtrans.diffusion.checkpoint import (
    read_model,
    save_model,
    weights_file,
)
from djtrans.diffusion.identity import identify
from djtrans.diffusion.model import DiffusionModel, InferenceConfig
from djtrans.diffusion.model_files import BUNDLED_MODEL, locate_model
from djtrans.registry import Registry, default_registry


def get_inference_config(**fields: Any) -> InferenceConfig:
    """Create the sampling settings of a model.

    Parameters
    ----------
    **fields
        `steps`, `guidance_scale`, `no_technique_guidance_scale`, `guidance_interval` of
        :class:`~djtrans.diffusion.InferenceConfig`; the others have their defaults.

    Returns
    -------
    InferenceConfig
        For :func:`load_model`.

    Raises
    ------
    ConfigError
        If a field is unknown or out of range.

    See Also
    --------
    djtrans.load_model : Takes the settings as `inference`.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.get_inference_config(guidance_scale=1.5).guidance_scale
    1.5
    """
    if "wishless_guidance_scale" in fields:
        warnings.warn(
            "wishless_guidance_scale is now no_technique_guidance_scale.",
            DeprecationWarning,
            stacklevel=2,
        )
        fields["no_technique_guidance_scale"] = fields.pop("wishless_guidance_scale")
    config: InferenceConfig = config_from_dict(InferenceConfig, fields)
    return config


def load_model(
    path: str | os.PathLike[str] | None = None,
    device: str | torch.device = "auto",
    *,
    scheduler: ComponentChoice | None = None,
    inference: InferenceConfig | None = None,
    registry: Registry | None = None,
) -> DiffusionModel:
    """Load a trained model.

    Parameters
    ----------
    path : path or str, optional
        A safetensors file, a folder that contains ``model.safetensors``, a training checkpoint
        (``best_model.pt``), or a hub id such as ``"someone/their-model"``, which is downloaded, or
        ``"someone/their-model@REVISION"`` for a branch, tag or commit. By default the bundled
        model.
    device : str or torch.device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    scheduler : str or (str, mapping), optional
        Name of a registered scheduler, or its name and fields of its config, such as
        ``("flow", {"order": 1})``; by default that of the model file.
    inference : InferenceConfig, optional
        See :func:`get_inference_config`; by default the settings in the model file.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Returns
    -------
    DiffusionModel
        Curve source that replaces a technique in :func:`djtrans.generate_transition`.

    Raises
    ------
    FormatError
        If the file is not a model, is damaged, or was written with other versions of its encoders
        or its denoiser.
    PluginError
        If a component of the model is not installed.

    See Also
    --------
    get_inference_config : Steps and guidance.
    djtrans.diffusion.with_scheduler : Exchange the scheduler of a loaded model.

    Examples
    --------
    >>> import djtrans
    >>> model = djtrans.load_model(inference=djtrans.get_inference_config(steps=8))
    >>> model.steps
    8
    >>> model = djtrans.load_model("output/best_model.pt")  # doctest: +SKIP
    """
    file = weights_file(locate_model(path))
    record, weights = read_model(file)
    where = "The bundled model" if path is None else f"The model {os.fspath(path)!r}"
    model = build_model(record, weights, where, scheduler=scheduler, registry=registry)
    model.network.to(pick_device(device) if isinstance(device, str) else device)
    return attrs.evolve(
        model,
        name=file.name,
        sha256=file_hash(file),
        loaded=identify(model),
        inference=inference or model.inference,
    )


def export_model(
    checkpoint: str | os.PathLike[str],
    path: str | os.PathLike[str],
    card: Mapping[str, Any] | None = None,
    inference: Mapping[str, Any] | None = None,
) -> None:
    """Write a model for sharing: averaged weights and record as one safetensors file.

    Parameters
    ----------
    checkpoint : path
        Training checkpoint, or any other model that :func:`load_model` reads from disk.
    path : path
        File to write. Folders and hub repositories are loaded by the name ``model.safetensors``.
    card : mapping, optional
        JSON-ready facts to add to the card of the record.
    inference : mapping, optional
        Fields of :class:`~djtrans.diffusion.InferenceConfig` to record, which the model is sampled
        with by default; others keep the values that the checkpoint records.

    Raises
    ------
    FormatError
        If the checkpoint cannot be read, or the file cannot be written.
    InputError
        If the name does not end in ``.safetensors``, or a sampling setting is invalid.

    Examples
    --------
    >>> from djtrans.diffusion import export_model
    >>> export_model("output/best_model.pt", "model.safetensors")  # doctest: +SKIP
    """
    if Path(path).suffix != ".safetensors":
        raise InputError(f"Cannot write {os.fspath(path)!r}: give a name ending in .safetensors.")
    check_outputs([Output("The output", path)], {"the checkpoint": checkpoint})
    record, weights = read_model(checkpoint)
    sampling = {**record.inference, **(inference or {})}
    get_inference_config(**sampling)  # validates it
    facts = {**record.card, **(card or {})}
    if "initialized_from" in facts:
        # What is shared names no folder of this machine.
        origin = facts["initialized_from"]
        facts["initialized_from"] = {**origin, "source": origin["model"]}
    save_model(path, attrs.evolve(record, card=facts, inference=sampling), weights)


def choose_model(
    model: DiffusionModel | str | os.PathLike[str] | None,
    *,
    scheduler: ComponentChoice | None = None,
    scheduler_settings: Mapping[str, Any] | None = None,
    steps: int | None = None,
    guidance_scale: float | None = None,
    device: str = "auto",
    registry: Registry | None = None,
) -> DiffusionModel | None:
    """Load or adapt the model that generates the curves.

    Parameters
    ----------
    model, scheduler, steps, guidance_scale, device, registry
        As in :func:`djtrans.generate`.
    scheduler_settings : mapping, optional
        Fields of the config of `scheduler`, or of the scheduler of the model.

    Returns
    -------
    DiffusionModel or None
        None selects the rules of the technique.

    Raises
    ------
    InputError
        If sampling settings are given without a model.
    ConfigError
        If a setting is unknown or out of range.
    """
    settings = dict(scheduler_settings or {})
    if scheduler is not None:
        name, config = split_choice(scheduler)
        scheduler = (name, {**config, **settings})
    given: dict[str, Any] = {"steps": steps, "guidance_scale": guidance_scale}
    fields = {name: value for name, value in given.items() if value is not None}
    if isinstance(model, DiffusionModel):
        loaded = model if scheduler is None else with_scheduler(model, scheduler, registry=registry)
    elif model == "auto" and BUNDLED_MODEL.is_file():
        loaded = load_model(None, device, scheduler=scheduler, registry=registry)
    elif model in ("auto", "none", None):
        names = [*fields, *(["scheduler"] if scheduler else [])]
        names += [f"scheduler.{field}" for field in settings]
        if names:
            raise InputError(
                f"{', '.join(names)}: these settings need a model; choose one (--model)."
            )
        return None
    else:
        loaded = load_model(model, device, scheduler=scheduler, registry=registry)
    if settings and scheduler is None:
        own = loaded.scheduler_name, {**loaded.scheduler_config, **settings}
        loaded = with_scheduler(loaded, own, registry=registry)
    return attrs.evolve(loaded, inference=attrs.evolve(loaded.inference, **fields))


def with_scheduler(
    model: DiffusionModel, scheduler: ComponentChoice, *, registry: Registry | None = None
) -> DiffusionModel:
    """Return the model with another scheduler, or with other settings of its scheduler.

    Parameters
    ----------
    model : DiffusionModel
        Model to copy; the weights are shared.
    scheduler : str or (str, mapping)
        Name of a registered scheduler, or its name and fields of its config.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Raises
    ------
    ConfigError
        If a field of the scheduler's config is unknown or out of range.
    PluginError
        If the scheduler is not installed.

    Examples
    --------
    >>> import djtrans
    >>> model = djtrans.load_model(device="cpu")
    >>> djtrans.diffusion.with_scheduler(model, ("ddim", {"eta": 1.0})).scheduler_name
    'djtrans/ddim'
    """
    name, config = split_choice(scheduler)
    return attrs.evolve(model, **scheduler_fields(registry or default_registry(), name, config))
