"""Load, build and export models: records resolved with the registered components."""

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

#: Path of the bundled model.
SHIPPED = Path(__file__).parent.parent / "weights" / WEIGHTS_NAME
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


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
        (``best_model.pt``), or a hub id such as ``"someone/their-model"``, which is downloaded. By
        default the bundled model.
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
    file = weights_file(_locate(path))
    record, weights = read_model(file)
    where = "The bundled model" if path is None else f"The model {os.fspath(path)!r}"
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
        Training checkpoint, or any other model that :func:`load_model` reads from disk.
    path : path
        File to write. Folders and hub repositories are loaded by the name ``model.safetensors``.
    card : mapping, optional
        JSON-ready facts to add to the card of the record.

    Raises
    ------
    FormatError
        If the checkpoint cannot be read, or the file cannot be written.
    InputError
        If the name does not end in ``.safetensors``.

    Examples
    --------
    >>> from djtrans.diffusion import export_model
    >>> export_model("output/best_model.pt", "model.safetensors")  # doctest: +SKIP
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
    elif model == "auto" and SHIPPED.is_file():
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
    return attrs.evolve(model, **_scheduler(registry or default_registry(), name, config))


def _scheduler(registry: Registry, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Build a scheduler, as the fields of a model that depend on it."""
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
    """Build the network of a record with initial weights, and its encoders.

    Encoders that are modules are children of the network.

    Parameters
    ----------
    record : ModelRecord
        Names and configs of the denoiser and the encoders.
    where : str
        Name of the model in error messages.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Returns
    -------
    network : DiffusionNetwork
        Network in training mode.
    encoders : tuple of Encoder
        Encoders in the order of the record.

    Raises
    ------
    FormatError
        If the installed encoders or the denoiser have other versions than the record.
    PluginError
        If one of them is not installed, or an encoder is a module that cannot be trained.

    See Also
    --------
    build_model : Build a model with weights.

    Examples
    --------
    >>> from djtrans.diffusion import build_network
    >>> from djtrans.training import model_record
    >>> network, encoders = build_network(model_record(denoiser=("dit", {"width": 64})))
    >>> len(encoders), network.prediction
    (2, 'clean')
    """
    registry = registry or default_registry()
    encoders: list[Encoder] = []
    slots: list[ConditioningSlot] = []
    for entry in record.encoders:
        encoder = _build(registry, "encoder", entry.component, where, strict=True)
        found = extractor_key(registry, entry.component)
        if entry.extractor is not None and found != entry.extractor:
            raise FormatError(
                f"{where} was trained with the extractor {entry.extractor} of "
                f"{entry.component.name}, but {found} is installed, whose features differ. "
                "Install the version of the plugin from training, or train the model again."
            )
        widths = encoder.widths(record.stems)
        if widths != (entry.per_frame, entry.global_):
            raise FormatError(
                f"{where} was trained with {entry.per_frame} and {entry.global_} channels of "
                f"{entry.component.name}, but the installed version has {widths[0]} and "
                f"{widths[1]}; install the version of the plugin from training, or train the model "
                "again."
            )
        slots.append(
            ConditioningSlot(
                entry.component.name,
                entry.per_frame,
                entry.global_,
                entry.dropout,
                inputs=_input_widths(encoder, entry.component.name, record.stems),
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
    """Return the input widths of a trainable encoder; None for one that is not a module.

    Raises
    ------
    PluginError
        If it is a module that cannot be trained: its weights would stay random.
    """
    if not isinstance(encoder, nn.Module):
        return None
    # Every module has a forward method; that of the base class raises.
    own_forward = type(encoder).forward is not nn.Module.forward
    if not isinstance(encoder, TrainableEncoder) or not own_forward:
        raise PluginError(
            f"The encoder {name} is a torch.nn.Module, which is trained with the network: it needs "
            "input_widths(stems) and forward(inputs). If its weights are fixed, store the module "
            "in an attribute of a class that is not a module."
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
    """Build a model from its record and weights.

    Parameters
    ----------
    record : ModelRecord
        Description of the model.
    weights : mapping of str to Tensor
        State dict of the network.
    where : str
        Name of the model in error messages.
    scheduler, registry
        As in :func:`load_model`.

    Returns
    -------
    DiffusionModel
        Model on the CPU, in evaluation mode.

    Raises
    ------
    FormatError, PluginError
        As in :func:`load_model`.

    See Also
    --------
    read_model : Read record and weights from a file.

    Examples
    --------
    >>> from djtrans.diffusion import build_model, build_network
    >>> from djtrans.training import model_record
    >>> record = model_record(denoiser=("dit", {"width": 16, "depth": 1, "heads": 1}))
    >>> build_model(record, build_network(record)[0].state_dict()).scheduler_name
    'djtrans/flow'
    """
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
                "This installation has no bundled model; choose a model (--model) or a technique."
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
        raise PluginError(
            f"{where} needs the {kind} {name}, which is not installed. {error}"
        ) from None


def _build(
    registry: Registry, kind: str, record: ComponentRecord, where: str, *, strict: bool
) -> Any:
    """Build a component from its record; see :func:`_check_version`."""
    _check_version(registry, kind, record, where, strict=strict)
    return registry.build(kind, record.name, record.config)


def _check_version(
    registry: Registry, kind: str, record: ComponentRecord, where: str, *, strict: bool
) -> None:
    """Compare behaviour versions; a difference is an error if `strict`, else a warning."""
    here = _find(registry, kind, record.name, where).declaration.version
    if here != record.version:
        differs = f"{where} was made with version {record.version} of the {kind} {record.name}, "
        differs += f"but version {here} is installed"
        if strict:
            raise FormatError(
                f"{differs}, with other results. Install the version of the plugin from training, "
                "or train the model again."
            )
        warnings.warn(f"{differs}; the curves may differ.", stacklevel=4)
