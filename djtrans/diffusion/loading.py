"""Models by name: built from their records with registered components."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.contracts.component import ComponentChoice, ComponentRecord, split_choice
from djtrans.core.contracts.config import config_from_dict, config_to_dict
from djtrans.core.contracts.denoiser import DenoiserDeclaration
from djtrans.core.contracts.encoder import Encoder, TrainableEncoder
from djtrans.core.contracts.scheduler import SchedulerDeclaration
from djtrans.core.errors import FormatError, InputError, PluginError, UnknownComponentError
from djtrans.core.util.devices import pick_device
from djtrans.diffusion.checkpoint import (
    WEIGHTS_NAME,
    ModelRecord,
    read_model,
    save_model,
    weights_file,
)
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.extractors import build_extractors, extractor_key
from djtrans.diffusion.model import DiffusionModel, InferenceConfig
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.registry import Registry, default_registry

#: The model that comes with djtrans.
SHIPPED = Path(__file__).parent.parent / "weights" / WEIGHTS_NAME
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def get_inference_config(**fields: Any) -> InferenceConfig:
    """Return the sampling settings of a model, with some fields chosen.

    Parameters
    ----------
    **fields
        `steps`, `guidance_scale`, `guidance_interval`; the rest are the defaults.

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
        A safetensors file, a folder that holds ``model.safetensors``, a training checkpoint
        (``best_model.pt``), or a hub id such as ``"someone/their-model"``, which is downloaded. By
        default the model that comes with djtrans.
    device : str or torch.device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    scheduler : str or (str, mapping), optional
        Name of a registered scheduler, or its name and fields of its config, such as
        ``("flow", {"order": 1})``; by default the one that the model was saved with.
    inference : InferenceConfig, optional
        See :func:`get_inference_config`; by default what the model was saved with.
    registry : Registry, optional

    Returns
    -------
    DiffusionModel
        Draws curves; takes the place of a technique in :func:`djtrans.generate_transition`.

    Raises
    ------
    FormatError
        If the file is no model, is damaged, or was made with other versions of its encoders or
        its denoiser.
    PluginError
        If a component that it names is not installed.

    Examples
    --------
    >>> import djtrans
    >>> model = djtrans.load_model("output/best_model.pt")  # doctest: +SKIP
    """
    file = weights_file(_locate(path))
    record, weights = read_model(file)
    where = "The shipped model" if path is None else f"The model {os.fspath(path)!r}"
    model = build_model(record, weights, where, scheduler=scheduler, registry=registry)
    model.network.to(pick_device(device) if isinstance(device, str) else device)
    return attrs.evolve(
        model,
        name=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        inference=inference or model.inference,
    )


def export_model(
    checkpoint: str | os.PathLike[str],
    path: str | os.PathLike[str],
    card: Mapping[str, Any] | None = None,
) -> None:
    """Write a model for sharing: averaged weights and record as one safetensors file.

    Parameters
    ----------
    checkpoint : path
        Of a training run, or any other model that :func:`load_model` reads from disk.
    path : path
        ``model.safetensors`` is the name under which a folder or a hub's repository is loaded.
    card : mapping, optional
        JSON-ready facts that are added to what the record says of the training.

    Raises
    ------
    FormatError
        If the checkpoint cannot be read, or the file not be written.
    InputError
        If the name does not end in ``.safetensors``.
    """
    if Path(path).suffix != ".safetensors":
        raise InputError(f"Cannot write {os.fspath(path)!r}: give a name ending in .safetensors.")
    record, weights = read_model(checkpoint)
    save_model(path, attrs.evolve(record, card={**record.card, **(card or {})}), weights)


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
    """Load or adapt the model that is to predict the curves.

    Parameters
    ----------
    model, scheduler, steps, guidance_scale, device, registry
        As in :func:`djtrans.generate`.
    scheduler_settings : mapping, optional
        Fields of the scheduler's config: of `scheduler`, or of the model's own.

    Returns
    -------
    DiffusionModel or None
        None: the technique's rules.

    Raises
    ------
    InputError
        If sampling is asked for and there is no model to sample.
    ConfigError
        If a setting is unknown or out of range.
    """
    settings = dict(scheduler_settings or {})
    if scheduler is not None:
        name, config = split_choice(scheduler)
        scheduler = (name, {**config, **settings})
    asked: dict[str, Any] = {"steps": steps, "guidance_scale": guidance_scale}
    fields = {name: value for name, value in asked.items() if value is not None}
    if isinstance(model, DiffusionModel):
        loaded = model if scheduler is None else with_scheduler(model, scheduler, registry=registry)
    elif model == "auto" and SHIPPED.is_file():
        loaded = load_model(None, device, scheduler=scheduler, registry=registry)
    elif model in ("auto", "none", None):
        asked_for = [*fields, *(["scheduler"] if scheduler else [])]
        asked_for += [f"scheduler.{field}" for field in settings]
        if asked_for:
            raise InputError(
                f"{', '.join(asked_for)}: only a model is sampled; name one (--model)."
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
    """Return the model with another scheduler, or with other settings of its own.

    Raises
    ------
    ConfigError
        If a field of the scheduler's config is unknown or out of range.
    PluginError
        If the scheduler is not installed.
    """
    name, config = split_choice(scheduler)
    return attrs.evolve(model, **_scheduler(registry or default_registry(), name, config))


def _scheduler(registry: Registry, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a model for a scheduler."""
    found = registry.find("scheduler", name)
    declaration = found.declaration
    if not isinstance(declaration, SchedulerDeclaration):
        raise PluginError(f"{found.name} is not a scheduler.")
    return {
        "scheduler": registry.build("scheduler", found.name, config),
        "scheduler_name": found.name,
        "scheduler_config": config_to_dict(config_from_dict(declaration.config, config)),
        "default_steps": declaration.steps,
    }


def build_network(
    record: ModelRecord, where: str = "The model", *, registry: Registry | None = None
) -> tuple[DiffusionNetwork, tuple[Encoder, ...]]:
    """Build the network of a record with fresh weights, and its encoders.

    Encoders that are modules are children of the network.

    Raises
    ------
    FormatError
        If the encoders or the denoiser that are installed behave differently by now.
    PluginError
        If one of them is not installed, or an encoder is a module without what training needs.
    """
    registry = registry or default_registry()
    encoders: list[Encoder] = []
    slots: list[ConditioningSlot] = []
    for said in record.encoders:
        encoder = _build(registry, "encoder", said.component, where, strict=True)
        found = extractor_key(registry, said.component)
        if said.extractor is not None and found != said.extractor:
            raise FormatError(
                f"{where} was trained with the extractor {said.extractor} of {said.component.name} "
                f"(name, version), here it is {found}: its features would mean something else. "
                "Install the version of the plugin that it was trained with, or train it again."
            )
        widths = encoder.widths(record.stems)
        if widths != (said.per_frame, said.global_):
            raise FormatError(
                f"{where} was trained with {said.per_frame} and {said.global_} channels of "
                f"{said.component.name}, which gives {widths[0]} and {widths[1]} here; install "
                "the version of the plugin that it was trained with, or train it again."
            )
        slots.append(
            ConditioningSlot(
                said.component.name,
                said.per_frame,
                said.global_,
                said.dropout,
                inputs=_input_widths(encoder, said.component.name, record.stems),
                extractor=found,
            )
        )
        encoders.append(encoder)
    denoiser = _build(registry, "denoiser", record.denoiser, where, strict=True)
    declaration = registry.denoisers.find(record.denoiser.name).declaration
    if not isinstance(declaration, DenoiserDeclaration):
        raise PluginError(f"{record.denoiser.name} is not a denoiser.")
    config = config_from_dict(declaration.config, record.denoiser.config)
    network = DiffusionNetwork(
        denoiser, declaration.prediction_of(config), len(record.layout), slots, encoders
    )
    return network, tuple(encoders)


def _input_widths(encoder: Any, name: str, stems: tuple[str, ...]) -> tuple[int, int] | None:
    """Input widths of a trainable encoder; None for one that is no module.

    Raises
    ------
    PluginError
        If it is a module that cannot be trained, whose weights would otherwise stay random.
    """
    if not isinstance(encoder, nn.Module):
        return None
    # Every module has a forward; that of the base class only raises.
    own_forward = type(encoder).forward is not nn.Module.forward
    if not isinstance(encoder, TrainableEncoder) or not own_forward:
        raise PluginError(
            f"The encoder {name} is a torch.nn.Module, which is trained with the network: it needs "
            "input_widths(stems) and forward(inputs). If its weights are fixed, keep the module in "
            "an attribute of a plain class."
        )
    widths: tuple[int, int] = encoder.input_widths(stems)
    return widths


def build_model(
    record: ModelRecord,
    weights: Mapping[str, Tensor],
    where: str = "The model",
    *,
    scheduler: ComponentChoice | None = None,
    registry: Registry | None = None,
) -> DiffusionModel:
    """A model from its record and weights; `where` names it in errors. See :func:`load_model`."""
    registry = registry or default_registry()
    network, encoders = build_network(record, where, registry=registry)
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError as error:
        why = " ".join(str(error).split())[:300]
        raise FormatError(f"{where} is damaged, its weights do not fit: {why}") from None
    network.eval().requires_grad_(False)
    if scheduler is None:
        _check_version(registry, "scheduler", record.scheduler, where, strict=False)
        name, config = record.scheduler.name, record.scheduler.config
    else:
        name, config = split_choice(scheduler)
    return DiffusionModel(
        network=network,
        layout=record.layout,
        stems=record.stems,
        encoders=encoders,
        extractors=build_extractors(record, registry=registry),
        frames_per_beat=record.frames_per_beat,
        inference=config_from_dict(InferenceConfig, record.inference),
        card=record.card,
        **_scheduler(registry, name, config),
    )


def _locate(path: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    if path is None:
        if not SHIPPED.is_file():
            raise InputError(
                "This djtrans comes without a trained model; name one (--model), or a technique."
            )
        return SHIPPED
    text = os.fspath(path)
    if Path(text).exists() or not _HUB_ID.fullmatch(text) or Path(text).suffix in (".pt", ".pth"):
        return path
    return _download(text)


def _download(hub_id: str) -> str:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return str(hf_hub_download(hub_id, WEIGHTS_NAME))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        raise FormatError(
            f"There is no file {hub_id!r}, and as a hub id it cannot be downloaded: {why}."
        ) from None


def _find(registry: Registry, kind: str, name: str, where: str) -> Any:
    try:
        return registry.find(kind, name)
    except UnknownComponentError as error:
        raise PluginError(f"{where} needs the {kind} {name}, which is not here. {error}") from None


def _build(
    registry: Registry, kind: str, record: ComponentRecord, where: str, *, strict: bool
) -> Any:
    """Build a component from its record; see :func:`_check_version`."""
    _check_version(registry, kind, record, where, strict=strict)
    return registry.build(kind, record.name, record.config)


def _check_version(
    registry: Registry, kind: str, record: ComponentRecord, where: str, *, strict: bool
) -> None:
    """Compare behaviour versions; another one is an error if `strict`, else a warning."""
    here = _find(registry, kind, record.name, where).declaration.version
    if here != record.version:
        differs = f"{where} was made with version {record.version} of the {kind} {record.name}, "
        differs += f"here it is version {here}"
        if strict:
            raise FormatError(
                f"{differs}: its numbers would mean something else. Install the plugin's version "
                "that it was trained with, or train it again."
            )
        warnings.warn(f"{differs}; its curves may differ.", stacklevel=4)
