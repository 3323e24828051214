"""Trains a model of registered parts on a composed set, on prepared pairs, or on both."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import attrs
import torch

from djtrans.core.contracts.component import ComponentChoice, ComponentRecord, split_choice
from djtrans.core.contracts.encoder import Encoder
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import InputError, LayoutError, PluginError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.util.devices import pick_device
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.batch import BatchSource
from djtrans.datasets.mixture import MixedBatches, shares_by_frames
from djtrans.datasets.pairs.batches import PreparedBatches
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.batches import SyntheticBatches
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord
from djtrans.diffusion.extractors import extractor_key
from djtrans.diffusion.loading import build_network
from djtrans.diffusion.model import layout_difference
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.mixer.resolve import DEFAULT_MIXER, component_record, mixer_layout
from djtrans.registry import Registry, default_registry
from djtrans.training.loss import AudioLoss
from djtrans.training.options import TrainOptions
from djtrans.training.trainer import TrainResult, train

#: What can be trained on.
Dataset: TypeAlias = SyntheticDataset | PreparedDataset

DEFAULT_DENOISER = "dit"
DEFAULT_ENCODERS = ("audio", "technique")
DEFAULT_SCHEDULER = "flow"


def model_record(
    *,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    denoiser: ComponentChoice = DEFAULT_DENOISER,
    encoders: Sequence[ComponentChoice] = DEFAULT_ENCODERS,
    scheduler: ComponentChoice = DEFAULT_SCHEDULER,
    frames_per_beat: int = 2,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    card: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
) -> ModelRecord:
    """What a new model is made of.

    Parameters
    ----------
    mixer : MixerSpec or str
        A spec, or the name of a registered mixer.
    denoiser, scheduler : str or (str, mapping)
        Names of registered components, or a name and fields of its config, such as
        ``("dit", {"width": 64})``.
    encoders : sequence of str or (str, mapping)
        The conditioning, in this order; ``()`` for none.
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
    names = [split_choice(choice)[0] for choice in (denoiser, *encoders, scheduler)]
    if unknown := sorted(set(configs) - set(names)):
        raise InputError(
            f"There are settings for {', '.join(unknown)}, but the model is made of "
            f"{', '.join(names)}."
        )

    def record(kind: str, choice: ComponentChoice) -> ComponentRecord:
        name, config = split_choice(choice)
        return component_record(registry, kind, name, {**config, **configs.get(name, {})})

    told = []
    for choice in encoders:
        component = record("encoder", choice)
        widths = registry.encoders.build(component.name, component.config).widths(STEMS)
        told.append(
            EncoderRecord(
                component=component,
                per_frame=widths[0],
                global_=widths[1],
                extractor=extractor_key(registry, component),
            )
        )
    return ModelRecord(
        layout=mixer_layout(mixer, registry),
        stems=STEMS,
        frames_per_beat=frames_per_beat,
        denoiser=record("denoiser", denoiser),
        encoders=tuple(told),
        scheduler=record("scheduler", scheduler),
        card=card or {},
    )


def train_model(
    data: Dataset | Sequence[Dataset],
    output: str | os.PathLike[str],
    record: ModelRecord | None = None,
    options: TrainOptions | None = None,
    *,
    device: str = "auto",
    resume: str | os.PathLike[str] | None = None,
    progress: ProgressCallback | None = None,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    registry: Registry | None = None,
) -> TrainResult:
    """Train a model; see :func:`djtrans.training.trainer.train`.

    Needs neither audio nor the libraries that read it, unless the audio loss has a weight: a set
    that was composed elsewhere is trained on wherever torch is.

    Parameters
    ----------
    data : SyntheticDataset, PreparedDataset or a sequence of these
        Each batch comes from one of them, as often as the options' shares say; by default so that
        every frame of all sets comes up as often as another.
    output : path
        A folder for checkpoints and metrics.
    record : ModelRecord, optional
        What the model is made of; see :func:`model_record`.
    options : TrainOptions, optional
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    resume : path, optional
        A checkpoint of the same run.
    progress : callable, optional
        Receives a `Progress` event with metrics after each step.
    mixer : MixerSpec or str
        What the audio loss renders with: the mixer of the record.
    registry : Registry, optional

    Returns
    -------
    TrainResult

    Raises
    ------
    InputError
        If a set has nothing to train on, the shares do not fit, or the audio loss has a weight and
        no set has audio.
    """
    registry = registry or default_registry()
    options = options or TrainOptions()
    record = record or model_record(mixer=mixer, registry=registry)
    sets = [data] if isinstance(data, SyntheticDataset | PreparedDataset) else list(data)
    heard = options.audio_weight > 0.0
    if heard and not any(isinstance(each, PreparedDataset) for each in sets):
        raise InputError(
            "A composed set holds no audio to listen to; give a folder that 'djtrans prepare' "
            "wrote (--data FOLDER), or leave out --with-audio."
        )
    shares = options.shares or shares_by_frames(sets)
    facts = [dict(each.facts) for each in sets]
    known = facts[0] if len(sets) == 1 else {"sources": facts, "shares": list(shares)}
    card = {**record.card, "data": known, "train": attrs.asdict(options)}
    record = attrs.evolve(record, card=card)
    torch.manual_seed(options.seed)
    network, encoders = build_network(record, registry=registry)
    sources = [_source(each, record, network, encoders, options, registry) for each in sets]
    return train(
        network,
        record,
        sources[0] if len(sources) == 1 else MixedBatches(sources, shares),
        output,
        options,
        device=pick_device(device),
        resume=resume,
        progress=progress,
        audio=_audio_loss(mixer, record.layout, options, registry) if heard else None,
    )


def _source(
    data: Dataset,
    record: ModelRecord,
    network: DiffusionNetwork,
    encoders: tuple[Encoder, ...],
    options: TrainOptions,
    registry: Registry,
) -> BatchSource:
    if isinstance(data, PreparedDataset):
        return PreparedBatches(
            data,
            encoders,
            network,
            record.layout,
            record.stems,
            record.frames_per_beat,
            seed=options.seed,
            heard=options.audio_weight > 0.0,
        )
    used = {c.technique for c in (*data.training, *data.validation)}
    return SyntheticBatches(
        data,
        {name: _technique(name, registry) for name in sorted(used)},
        encoders,
        network,
        record.layout,
        seed=options.seed,
    )


def _audio_loss(
    mixer: MixerSpec | str, layout: Layout, options: TrainOptions, registry: Registry
) -> AudioLoss:
    # Only here, since it imports all that reads audio.
    from djtrans.mixer.build import DifferentiableDJMixer

    built = DifferentiableDJMixer(mixer, registry=registry)
    if differs := layout_difference(layout, built.layout):
        raise LayoutError(
            f"The audio loss would render with another mixer than the model's: {differs}. Give "
            "train_model the mixer that its record was made for."
        )
    if options.audio_loss == "mel":
        from djtrans.core.audio.torchaudio_import import import_torchaudio
        from djtrans.inverse.mel_loss import MelLoss

        import_torchaudio("The mel loss")  # refused before the first step
        return AudioLoss(built, MelLoss)
    return AudioLoss(built)


def _technique(name: str, registry: Registry) -> Any:
    try:
        return registry.techniques.build(name)
    except PluginError as error:
        raise PluginError(f"The composed set was drawn with {name}. {error}") from None


@contextmanager
def logging_to_wandb(run: str, config: Mapping[str, Any]) -> Iterator[ProgressCallback]:
    """Log the metrics of every step to Weights & Biases, while the context lasts.

    The run begins with the first step, so one that is refused leaves nothing, and under
    ``torchrun`` only the process that writes the files logs.

    Parameters
    ----------
    run : str
        Name of the run.
    config : mapping
        What it was started with.

    Yields
    ------
    callable
        To be passed as `progress`.

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
    begun: list[Any] = []

    def log(event: Progress) -> None:
        if not begun:
            begun.append(wandb.init(project="djtrans", name=run, config=dict(config)))
        begun[0].log(dict(event.metrics), step=int(event.done))

    try:
        yield log
    except BaseException:
        for each in begun:
            each.finish(exit_code=1)
        raise
    for each in begun:
        each.finish()
