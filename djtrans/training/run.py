"""Train a model of registered components on synthetic datasets, prepared pairs, or both."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import torch

from djtrans.core.contracts.component import ComponentChoice, ComponentRecord, split_choice
from djtrans.core.contracts.encoder import Encoder
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import InputError, LayoutError, PluginError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.util.devices import pick_device
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.batch import BatchSource
from djtrans.datasets.content import check_finite_data, dataset_digest
from djtrans.datasets.mixture import MixedBatches, shares_by_frames
from djtrans.datasets.pairs.batches import PreparedBatches
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.batches import SyntheticBatches
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.building import build_network
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord
from djtrans.diffusion.extractors import DEFAULT_ENCODERS, extractor_key
from djtrans.diffusion.model import layout_difference
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.untrusted_files import RECORD, read_checkpoint
from djtrans.mixer.resolve import DEFAULT_MIXER, component_record, mixer_layout
from djtrans.registry import Registry, default_registry
from djtrans.training.initialization import check_initialization, initialize_from
from djtrans.training.loss import AudioLoss
from djtrans.training.mix_loss import MixLoss
from djtrans.training.options import TrainOptions
from djtrans.training.trainer import TrainResult, train

if TYPE_CHECKING:
    from djtrans.mixer.build import DifferentiableDJMixer

#: Training data.
Dataset: TypeAlias = SyntheticDataset | PreparedDataset

DEFAULT_DENOISER = "dit"
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
    """Create the record of a new model from registered components.

    Parameters
    ----------
    mixer : MixerSpec or str
        A spec, or the name of a registered mixer.
    denoiser, scheduler : str or (str, mapping)
        Names of registered components, or a name and fields of its config, such as
        ``("dit", {"width": 64})``.
    encoders : sequence of str or (str, mapping)
        Encoders in the order of their conditioning; ``()`` for an unconditional model. With a
        version, ``"audio@2"``, for an earlier one.
    frames_per_beat : int
        Frame rate of the curves: 2, 4 or 8.
    configs : mapping, optional
        Fields of the configs of denoiser, encoders and scheduler, by their names as given.
    card : mapping, optional
        Facts about the training to store in the model file, JSON-ready.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Returns
    -------
    ModelRecord
        Record for :func:`train_model`.

    Raises
    ------
    InputError
        If `configs` has a name that the model does not use.

    See Also
    --------
    djtrans.diffusion.build_network : Build the network of a record.

    Examples
    --------
    >>> from djtrans.training import model_record
    >>> record = model_record(denoiser="unet1d", encoders=("audio",), scheduler="ddim")
    >>> record.denoiser.name, len(record.layout)
    ('djtrans/unet1d', 54)
    """
    registry = registry or default_registry()
    configs = configs or {}
    names = [split_choice(choice)[0] for choice in (denoiser, *encoders, scheduler)]
    if unknown := sorted(set(configs) - set(names)):
        raise InputError(
            f"There are settings for {', '.join(unknown)}, but the components of the model are "
            f"{', '.join(names)}; remove these settings or choose these components."
        )

    def record(kind: str, choice: ComponentChoice) -> ComponentRecord:
        name, config = split_choice(choice)
        return component_record(registry, kind, name, {**config, **configs.get(name, {})})

    encoder_records = []
    for choice in encoders:
        component = record("encoder", choice)
        encoder = registry.encoders.build(component.versioned_name, component.config)
        widths = encoder.widths(STEMS)
        encoder_records.append(
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
        encoders=tuple(encoder_records),
        scheduler=record("scheduler", scheduler),
        card=card or {},
    )


def with_encoders_of(record: ModelRecord, checkpoint: str | os.PathLike[str]) -> ModelRecord:
    """Replace encoders of a record by those of a checkpoint where these have another version.

    The card keeps the origin of the run's initial weights.

    Parameters
    ----------
    record : ModelRecord
        Components of the model, in their newest versions.
    checkpoint : path
        Checkpoint of the run to resume.

    Returns
    -------
    ModelRecord
        Record for :func:`train_model` and :func:`~djtrans.diffusion.build_extractors`.

    Raises
    ------
    FormatError
        If the file is not a checkpoint.
    """
    before = ModelRecord.from_json(read_checkpoint(checkpoint)[RECORD], str(checkpoint))
    saved = {e.component.name: e for e in before.encoders}

    def in_its_version(encoder: EncoderRecord) -> EncoderRecord:
        known = saved.get(encoder.component.name, encoder)
        return encoder if known.component.version == encoder.component.version else known

    card = {name: before.card[name] for name in ("initialized_from",) if name in before.card}
    return attrs.evolve(
        record,
        encoders=tuple(map(in_its_version, record.encoders)),
        card={**record.card, **card},
    )


def train_model(
    data: Dataset | Sequence[Dataset],
    output: str | os.PathLike[str],
    record: ModelRecord | None = None,
    options: TrainOptions | None = None,
    *,
    device: str = "auto",
    resume: str | os.PathLike[str] | None = None,
    init_from: str | os.PathLike[str] | None = None,
    progress: ProgressCallback | None = None,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    registry: Registry | None = None,
) -> TrainResult:
    """Train a model on datasets; see :func:`djtrans.training.trainer.train`.

    Audio and the libraries that read it are needed only for the audio loss: a synthetic dataset
    from another machine can be trained on wherever torch is installed.

    Parameters
    ----------
    data : SyntheticDataset, PreparedDataset or a sequence of these
        Each batch comes from one of them, with the probabilities of the options' shares; by default
        proportional to their numbers of frames.
    output : path
        Folder for checkpoints and metrics.
    record : ModelRecord, optional
        Components of the model; see :func:`model_record`.
    options : TrainOptions, optional
        Options of the run.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    resume : path, optional
        A checkpoint of the same run, which keeps the versions of its encoders.
    init_from : path or str, optional
        Model or checkpoint whose averaged weights the run starts from, as in
        :func:`djtrans.load_model`, or ``"bundled"``; see
        :func:`~djtrans.training.initialization.initialize_from`. Stated in the model's card.
    progress : callable, optional
        Receives a `Progress` event with metrics after each step.
    mixer : MixerSpec or str
        Mixer of the record, with which the audio loss renders.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Returns
    -------
    TrainResult
        Last step, best validation loss and last checkpoint.

    Raises
    ------
    InputError
        If a dataset is empty, the shares do not match the datasets, the audio loss has a weight
        and no dataset has audio, or the model of `init_from` does not fit.
    LayoutError
        If the model of `init_from` is for another mixer.
    FormatError
        If a dataset has values that are not finite, or a resumed run had other data.

    See Also
    --------
    djtrans.datasets.open_dataset : Read a dataset.
    djtrans.diffusion.export_model : Write the trained model as a file.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.training import TrainOptions, train_model
    >>> data = djtrans.datasets.open_dataset("set.safetensors")  # doctest: +SKIP
    >>> train_model(data, "output", options=TrainOptions(steps=1000))  # doctest: +SKIP
    """
    registry = registry or default_registry()
    options = options or TrainOptions()
    record = record or model_record(mixer=mixer, registry=registry)
    if resume is not None:
        check_initialization(init_from, resume)
        record = with_encoders_of(record, resume)
    sets = [data] if isinstance(data, SyntheticDataset | PreparedDataset) else list(data)
    with_audio = options.audio_weight > 0.0
    if with_audio and not any(isinstance(each, PreparedDataset) for each in sets):
        raise InputError(
            "A synthetic dataset contains no audio for the audio loss; add a folder that 'djtrans "
            "prepare' wrote (--data FOLDER), or omit --with-audio."
        )
    with_mix = options.mix_weight > 0.0
    if with_mix and not all(isinstance(each, SyntheticDataset) for each in sets):
        raise InputError(
            "Prepared pairs contain no stem powers for the loss on the predicted mix; train on "
            "synthetic datasets, or set mix_weight to 0."
        )
    shares = options.shares or shares_by_frames(sets)
    facts = [dict(each.facts) for each in sets]
    provenance = facts[0] if len(sets) == 1 else {"sources": facts, "shares": list(shares)}
    for each in sets:
        check_finite_data(each)
    card = {
        **record.card,
        "data": provenance,
        "data_digests": [dataset_digest(each) for each in sets],
        "train": attrs.asdict(options),
    }
    torch.manual_seed(options.seed)
    network, encoders = build_network(record, registry=registry)
    if init_from is not None:
        card["initialized_from"] = attrs.asdict(
            initialize_from(network, record, init_from, registry=registry)
        )
    record = attrs.evolve(record, card=card)
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
        audio=_audio_loss(mixer, record.layout, options, registry) if with_audio else None,
        mix=_mix_loss(mixer, record.layout, registry) if with_mix else None,
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
        mixes=options.mix_rows if options.mix_weight > 0.0 else 0,
    )


def _audio_loss(
    mixer: MixerSpec | str, layout: Layout, options: TrainOptions, registry: Registry
) -> AudioLoss:
    built = _built(mixer, layout, "audio loss", registry)
    if options.audio_loss == "mel":
        from djtrans.core.audio.torchaudio_import import import_torchaudio
        from djtrans.inverse.mel_loss import MelLoss

        import_torchaudio("The mel loss")  # raises before the first step
        return AudioLoss(built, MelLoss)
    return AudioLoss(built)


def _mix_loss(mixer: MixerSpec | str, layout: Layout, registry: Registry) -> MixLoss:
    from djtrans.objectives import load_objectives

    return MixLoss(
        _built(mixer, layout, "loss on the mix", registry), load_objectives(None, registry)
    )


def _built(
    mixer: MixerSpec | str, layout: Layout, purpose: str, registry: Registry
) -> DifferentiableDJMixer:
    # Imported here, since it imports the audio libraries.
    from djtrans.mixer.build import DifferentiableDJMixer

    built = DifferentiableDJMixer(mixer, registry=registry)
    if differs := layout_difference(layout, built.layout):
        raise LayoutError(
            f"The mixer of the {purpose} is not that of the model: {differs}. Pass the mixer of "
            "the model record to train_model."
        )
    return built


def _technique(name: str, registry: Registry) -> Any:
    try:
        return registry.techniques.build(name)
    except PluginError as error:
        raise PluginError(f"The synthetic dataset uses {name}. {error}") from None
