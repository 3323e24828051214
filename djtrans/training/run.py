"""Train a model of registered components on synthetic datasets, prepared pairs, or both."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import torch

from djtrans.core.contracts.encoder import Encoder
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import InputError, LayoutError, PluginError
from djtrans.core.util.devices import pick_device
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.batch import BatchSource
from djtrans.datasets.content import check_finite_data, dataset_digest
from djtrans.datasets.mixture import MixedBatches, shares_by_frames
from djtrans.datasets.pairs.batches import PreparedBatches
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.synthetic.batches import SyntheticBatches
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.building import build_network, scheduler_fields
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.layout_part import layout_difference
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.registry import Registry, default_registry
from djtrans.training.curve_monitor import CurveMonitor, held_out_requests
from djtrans.training.initialization import check_initialization, initialize_from
from djtrans.training.loss import AudioLoss
from djtrans.training.mix_loss import MixLoss
from djtrans.training.mix_monitor import MixMonitor
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record, with_encoders_of
from djtrans.training.trainer import TrainResult, train
from djtrans.training.validation import Monitor

if TYPE_CHECKING:
    from djtrans.mixer.build import DifferentiableDJMixer

#: Training data.
Dataset: TypeAlias = SyntheticDataset | PreparedDataset
#: Called at each validation with the model, which has the averaged weights, and the step; returns
#: numbers and matplotlib figures by name.
ModelMonitor: TypeAlias = "Callable[[DiffusionModel, int], Mapping[str, Any]]"


def train_model(
    data: Dataset | Sequence[Dataset],
    output: str | os.PathLike[str],
    record: ModelRecord | None = None,
    options: TrainOptions | None = None,
    *,
    device: str = "auto",
    resume: str | os.PathLike[str] | None = None,
    init_from: str | os.PathLike[str] | None = None,
    monitor: ModelMonitor | None = None,
    pictures: int = 0,
    rated: int = 0,
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
    monitor : callable, optional
        ``monitor(model, step)``, called at each validation with a model that has the averaged
        weights. Its numbers are logged by their names, its matplotlib figures written to the folder
        ``validation``.
    pictures : int
        Number of held-out transitions whose curves are sampled at each validation, compared with
        those of the rules, and plotted.
    rated : int
        Number of held-out transitions whose sampled curves are rated by the objectives of the
        predicted mix at each validation, if a synthetic dataset has stem powers.
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
            "synthetic datasets alone, or set its weight to 0 (--mix-weight 0)."
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
        monitor=_monitor(
            sets, network, encoders, record, monitor, pictures, rated, mixer, registry
        ),
    )


def _monitor(
    sets: Sequence[Dataset],
    network: DiffusionNetwork,
    encoders: tuple[Encoder, ...],
    record: ModelRecord,
    monitor: ModelMonitor | None,
    pictures: int,
    rated: int,
    mixer: MixerSpec | str,
    registry: Registry,
) -> Monitor | None:
    """Combine the monitor of the caller with those of sampled curves; None if there is none."""
    scheduler = record.scheduler
    model = DiffusionModel(
        network=network,
        layout=record.layout,
        stems=record.stems,
        encoders=encoders,
        frames_per_beat=record.frames_per_beat,
        card=record.card,
        **scheduler_fields(registry, scheduler.versioned_name, scheduler.config),
    )
    every: list[Monitor] = []
    techniques = {name: _technique(name, registry) for name in _used_techniques(sets)}
    if pictures > 0:
        chosen = held_out_requests(sets, record.layout, techniques, pictures)
        every.append(CurveMonitor(model, *chosen))
    with_powers = [s for s in sets if isinstance(s, SyntheticDataset) and "powers" in s.extractors]
    if rated > 0 and with_powers:
        from djtrans.objectives import load_objectives

        built = _built_mixer(mixer, record.layout, "rating of sampled curves", registry)
        objectives = load_objectives(registry=registry)
        every.append(MixMonitor.of(model, with_powers[0], techniques, built, objectives, rated))
    if monitor is not None:
        every.append(partial(monitor, model))
    if not every:
        return None
    return lambda step: {name: value for one in every for name, value in one(step).items()}


def _used_techniques(sets: Sequence[Dataset]) -> list[str]:
    """List the techniques of synthetic datasets."""
    synthetic = [each for each in sets if isinstance(each, SyntheticDataset)]
    return sorted({c.technique for each in synthetic for c in (*each.training, *each.validation)})


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
    return SyntheticBatches(
        data,
        {name: _technique(name, registry) for name in _used_techniques([data])},
        encoders,
        network,
        record.layout,
        seed=options.seed,
        mixes=options.mix_rows if options.mix_weight > 0.0 else 0,
    )


def _audio_loss(
    mixer: MixerSpec | str, layout: Layout, options: TrainOptions, registry: Registry
) -> AudioLoss:
    built = _built_mixer(mixer, layout, "audio loss", registry)
    if options.audio_loss == "mel":
        from djtrans.core.audio.torchaudio_import import import_torchaudio
        from djtrans.inverse.mel_loss import MelLoss

        import_torchaudio("The mel loss")  # raises before the first step
        return AudioLoss(built, MelLoss)
    return AudioLoss(built)


def _mix_loss(mixer: MixerSpec | str, layout: Layout, registry: Registry) -> MixLoss:
    from djtrans.objectives import load_objectives

    built = _built_mixer(mixer, layout, "loss on the mix", registry)
    return MixLoss(built, load_objectives(registry=registry))


def _built_mixer(
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
