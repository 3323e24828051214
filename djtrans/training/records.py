"""Records of models to train."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from djtrans.core.contracts.component import ComponentChoice, ComponentRecord, split_choice
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.errors import InputError
from djtrans.core.track.stem_names import STEMS
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord
from djtrans.diffusion.extractors import DEFAULT_ENCODERS, extractor_key
from djtrans.diffusion.untrusted_files import RECORD, read_checkpoint
from djtrans.mixer.resolve import DEFAULT_MIXER, component_record, mixer_layout
from djtrans.registry import Registry, default_registry

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

    If the record has the encoders that new models have by default, those that the checkpoint does
    not have are left out: the defaults of earlier versions were others. The card keeps the origin
    of the run's initial weights.

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

    defaults = [f"djtrans/{name}" for name in DEFAULT_ENCODERS]
    encoders = record.encoders
    if [encoder.component.name for encoder in encoders] == defaults:
        encoders = tuple(encoder for encoder in encoders if encoder.component.name in saved)

    def in_its_version(encoder: EncoderRecord) -> EncoderRecord:
        known = saved.get(encoder.component.name, encoder)
        return encoder if known.component.version == encoder.component.version else known

    card = {name: before.card[name] for name in ("initialized_from",) if name in before.card}
    return attrs.evolve(
        record,
        encoders=tuple(map(in_its_version, encoders)),
        card={**record.card, **card},
    )
