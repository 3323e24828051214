"""Build networks and models from their records with registered components."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from djtrans.core.contracts.component import ComponentChoice, split_choice
from djtrans.core.contracts.config import config_from_dict, config_to_dict
from djtrans.core.contracts.encoder import Encoder, TrainableEncoder
from djtrans.core.errors import FormatError, PluginError
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.extractors import build_extractors, extractor_key
from djtrans.diffusion.model import DiffusionModel, InferenceConfig
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.recorded_components import build_recorded, check_version
from djtrans.registry import Registry, default_registry

#: Parameters may be registered in two places and saved once; and of a network of up to 200 MB, the
#: weights that do not fit are named.
_SHARED, _SMALL = 2, 50_000_000


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
    (3, 'clean')
    """
    registry = registry or default_registry()
    encoders: list[Encoder] = []
    slots: list[ConditioningSlot] = []
    for entry in record.encoders:
        encoder = build_recorded(registry.encoders, entry.component, where)
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
    denoiser = build_recorded(registry.denoisers, record.denoiser, where)
    declaration = registry.denoisers.find(record.denoiser.versioned_name).declaration
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
    with _as_large_as(weights, where):
        network, encoders = build_network(record, where, registry=registry)
    try:
        network.load_state_dict(dict(weights))
    except (RuntimeError, TypeError, AttributeError) as error:
        why = " ".join(str(error).split())[:300]
        raise FormatError(f"{where} is damaged, its weights do not fit: {why}") from None
    network.eval().requires_grad_(False)
    if scheduler is None:
        found = check_version(registry.schedulers, record.scheduler, where, strict=False)
        name, config = found.versioned_name, record.scheduler.config
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
        record=record,
        **scheduler_fields(registry, name, config),
    )


@contextmanager
def _as_large_as(weights: Mapping[str, Tensor], where: str) -> Iterator[None]:
    """Stop building a network as soon as it is larger than its weights.

    A few bytes of a record can promise more memory than there is.
    """
    left = _SMALL + _SHARED * sum(tensor.numel() for tensor in weights.values())
    thread = threading.get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        nonlocal left
        if threading.get_ident() == thread and parameter is not None:
            left -= parameter.numel()
            if left < 0:
                raise FormatError(
                    f"{where} is damaged: its record describes a larger network than it has "
                    "weights for; download or export it again."
                )

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def scheduler_fields(registry: Registry, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Build a scheduler, as the fields of a model that depend on it."""
    found = registry.schedulers.find(name)
    declaration = found.declaration
    return {
        "scheduler": registry.schedulers.build(name, config),
        "scheduler_name": found.name,
        "scheduler_config": config_to_dict(config_from_dict(declaration.config, config)),
        "default_steps": declaration.steps,
    }
