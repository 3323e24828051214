"""Trains a model of registered parts on a composed set."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch

from djtrans.assembly import DEFAULT_MIXER, component_record, mixer_layout
from djtrans.core.devices import pick_device
from djtrans.core.diffusion.checkpoint import EncoderRecord, ModelRecord
from djtrans.core.errors import InputError, PluginError
from djtrans.core.training.composed_batches import ComposedBatches
from djtrans.core.training.composed_set import ComposedSet
from djtrans.core.training.composition import STEM_NAMES
from djtrans.core.training.options import TrainOptions
from djtrans.core.training.trainer import TrainResult, Watch, train
from djtrans.models import build_network
from djtrans.registry import Registry, default_registry

DEFAULT_DENOISER = "dit"
DEFAULT_ENCODERS = ("audio", "technique")
DEFAULT_SCHEDULER = "flow"


def model_record(
    *,
    mixer: str = DEFAULT_MIXER,
    denoiser: str = DEFAULT_DENOISER,
    encoders: Sequence[str] = DEFAULT_ENCODERS,
    scheduler: str = DEFAULT_SCHEDULER,
    frames_per_beat: int = 2,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    card: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
) -> ModelRecord:
    """What a new model is made of.

    Parameters
    ----------
    mixer, denoiser, scheduler : str
        Names of registered components.
    encoders : sequence of str
        What it is told, in this order; ``()`` for nothing.
    frames_per_beat : int
    configs : mapping, optional
        Fields of the denoiser's, the encoders' and the scheduler's configs, by the names given.
    card : mapping, optional
        What is to be remembered of its training.
    registry : Registry, optional

    Returns
    -------
    ModelRecord
    """
    registry = registry or default_registry()
    configs = configs or {}
    if unknown := sorted(set(configs) - {denoiser, scheduler, *encoders}):
        raise InputError(
            f"There are settings for {', '.join(unknown)}, but the model is made of "
            f"{', '.join([denoiser, *encoders, scheduler])}."
        )

    def record(kind: str, name: str) -> Any:
        return component_record(registry, kind, name, configs.get(name, {}))

    told = []
    for name in encoders:
        component = record("encoder", name)
        widths = registry.build("encoder", component.name, component.config).widths(STEM_NAMES)
        told.append(EncoderRecord(component=component, per_frame=widths[0], global_=widths[1]))
    return ModelRecord(
        layout=mixer_layout(mixer, registry),
        stems=STEM_NAMES,
        frames_per_beat=frames_per_beat,
        denoiser=record("denoiser", denoiser),
        encoders=tuple(told),
        scheduler=record("scheduler", scheduler),
        card=card or {},
    )


def train_model(
    composed: ComposedSet,
    output: str | os.PathLike[str],
    record: ModelRecord | None = None,
    options: TrainOptions | None = None,
    *,
    device: str = "auto",
    resume: str | os.PathLike[str] | None = None,
    watch: Watch | None = None,
    registry: Registry | None = None,
) -> TrainResult:
    """Train a model on a composed set; see :func:`djtrans.core.training.trainer.train`.

    Needs neither audio nor the libraries that read it: a set that was composed elsewhere is
    trained on wherever torch is.

    Parameters
    ----------
    composed : ComposedSet
    output : path
        A folder for checkpoints and metrics.
    record : ModelRecord, optional
        What the model is made of; see :func:`model_record`.
    options : TrainOptions, optional
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    resume : path, optional
        A checkpoint of the same run.
    watch : callable, optional
        Told the row of each step.
    registry : Registry, optional

    Returns
    -------
    TrainResult
    """
    registry = registry or default_registry()
    options = options or TrainOptions()
    record = record or model_record(registry=registry)
    card = {**record.card, "data": dict(composed.facts), "train": attrs.asdict(options)}
    record = attrs.evolve(record, card=card)
    torch.manual_seed(options.seed)
    network, encoders = build_network(record, registry=registry)
    used = {c.technique for c in (*composed.training, *composed.validation)}
    source = ComposedBatches(
        composed,
        {name: _technique(name, registry) for name in sorted(used)},
        encoders,
        network,
        record.layout,
        seed=options.seed,
    )
    return train(
        network,
        record,
        source,
        output,
        options,
        device=pick_device(device),
        resume=resume,
        watch=watch,
    )


def _technique(name: str, registry: Registry) -> Any:
    try:
        return registry.build("technique", name)
    except PluginError as error:
        raise PluginError(f"The composed set was drawn with {name}. {error}") from None


def logging_to_wandb(run: str, config: Mapping[str, Any]) -> Watch:
    """A watch that logs every step to Weights & Biases.

    Parameters
    ----------
    run : str
        Name of the run.
    config : mapping
        What it was started with.

    Raises
    ------
    InputError
        If wandb is not installed.
    """
    try:
        import wandb
    except ImportError:
        raise InputError(
            "wandb is not installed; install it (pip install 'djtrans[wandb]') or leave it out."
        ) from None
    logged = wandb.init(project="djtrans", name=run, config=dict(config))

    def watch(row: Mapping[str, float]) -> None:
        logged.log(dict(row), step=int(row["step"]))

    return watch
