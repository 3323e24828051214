"""Initialize a network from the weights of a trained model, also of one with other encoders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.encoder import NamedChannels
from djtrans.core.errors import FormatError, InputError, LayoutError, PluginError
from djtrans.core.util.checksums import file_hash
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord, read_model, weights_file
from djtrans.diffusion.layout_part import layout_difference
from djtrans.diffusion.model_files import locate_model
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.recorded_components import build_recorded
from djtrans.registry import Registry, default_registry
from djtrans.training.channel_origins import (
    NEW,
    ChannelNames,
    EncoderOrigin,
    channel_origins,
    encoder_origins,
)

#: Name of the model that comes with djtrans.
BUNDLED = "bundled"
#: Null embeddings of the network, by their field of DenoiserShape.
_NULLS = {"per_frame": "frame_null", "global_": "global_null"}


@attrs.frozen
class Initialization:
    """Origin of the initial weights of a run.

    Attributes
    ----------
    source : str
        The model as it was given.
    model : str
        Name of the model's file.
    sha256 : str
        Digest of the file.
    copied, weights : int
        Weights that were copied, and all weights of the network.
    summary : str
        One line that states which parts were copied and which are new.
    """

    source: str
    model: str
    sha256: str
    copied: int
    weights: int
    summary: str


def check_initialization(
    init_from: str | os.PathLike[str] | None, resume: str | os.PathLike[str] | None
) -> None:
    """Raise :class:`InputError` if a run would both be resumed and start from other weights."""
    if init_from is not None and resume is not None:
        raise InputError(
            f"--init-from {init_from} starts a new run, --resume {resume} continues one; give one "
            "of them."
        )


def initialize_from(
    network: DiffusionNetwork,
    record: ModelRecord,
    source: str | os.PathLike[str],
    *,
    registry: Registry | None = None,
) -> Initialization:
    """Copy the weights of a trained model into a network, as far as they correspond.

    Tensors of the same name and shape are copied. Null embeddings and the input layers that the
    denoiser declares (:class:`~djtrans.core.contracts.denoiser.ChannelInputs`) are copied channel
    by channel: for encoders of the same version and config, and for channels of the same name of
    others (:class:`~djtrans.core.contracts.encoder.NamedChannels`). The weights of other channels
    start at zero. Channels that the network no longer has are replaced by their null embedding in
    the bias of the layer, so the network starts as the old model without these channels.

    Parameters
    ----------
    network : DiffusionNetwork
        Newly built network of `record`; changed in place.
    record : ModelRecord
        Record of the new model.
    source : path or str
        As in :func:`djtrans.load_model`, or ``"bundled"``. Of a checkpoint, the averaged weights.
    registry : Registry, optional
        Installed components; by default :func:`djtrans.default_registry`.

    Returns
    -------
    Initialization
        File and digest of the model, and a summary in one line.

    Raises
    ------
    LayoutError
        If the model is for another mixer.
    InputError
        If it has another denoiser, predicts another quantity, or no layer fits.
    FormatError
        If it is not a readable model.

    Examples
    --------
    >>> from djtrans.diffusion import build_network
    >>> from djtrans.training import model_record
    >>> from djtrans.training.initialization import initialize_from
    >>> record = model_record()
    >>> done = initialize_from(build_network(record)[0], record, "bundled")
    >>> done.copied == done.weights
    True
    """
    registry = registry or default_registry()
    file = Path(weights_file(locate_model(None if os.fspath(source) == BUNDLED else source)))
    saved, weights = read_model(file)
    _check(record, saved, file, registry)
    encoders = encoder_origins(
        record.encoders,
        saved.encoders,
        lambda encoder: _channel_names(encoder, record.stems, registry),
    )
    copy = _Copy(network, weights, saved, encoders)
    if not copy.layers:
        raise InputError(
            f"No layer of {file} fits this network: the settings of its denoiser are "
            f"{_settings(saved)}, those of this run {_settings(record)}. Choose the same width "
            "(--set denoiser.FIELD=VALUE), or omit --init-from."
        )
    network.load_state_dict(copy.state)
    total = sum(tensor.numel() for tensor in copy.state.values())
    parts = [
        f"{copy.copied} of {total} weights from {file.name}",
        *(e.describe() for e in encoders),
    ]
    used = {origin.position for origin in encoders}
    gone = [e.component for i, e in enumerate(saved.encoders) if i not in used]
    if gone:
        parts.append("without " + ", ".join(each.versioned_name for each in gone))
    if copy.fresh:
        more = f" and {len(copy.fresh) - 3} more" if len(copy.fresh) > 3 else ""
        parts.append(f"new: {', '.join(copy.fresh[:3])}{more}")
    if changed := _changed_settings(record, saved):
        parts.append(changed)
    return Initialization(
        os.fspath(source), file.name, file_hash(file), copy.copied, total, "; ".join(parts)
    )


class _Copy:
    """State of a network with the weights of a model where they correspond.

    Attributes
    ----------
    state : dict of str to Tensor
        State dict of the network.
    copied : int
        Number of weights that were copied.
    layers : int
        Number of weight matrices with copied weights.
    fresh : list of str
        Modules of the network that keep their initial weights.
    """

    def __init__(
        self,
        network: DiffusionNetwork,
        weights: Mapping[str, Tensor],
        saved: ModelRecord,
        encoders: Sequence[EncoderOrigin],
    ) -> None:
        self.state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        self.copied = self.layers = 0
        self.fresh: list[str] = []
        self._weights = _at_new_positions(weights, encoders)
        self._origins = {
            field: channel_origins(encoders, saved.encoders, field) for field in _NULLS
        }
        self._origins["parameters"] = list(range(len(saved.layout)))
        self._widths = {field: sum(getattr(e, field) for e in saved.encoders) for field in _NULLS}
        self._widths["parameters"] = len(saved.layout)
        done = set(_NULLS.values())
        for field, name in _NULLS.items():
            self._copy_channels(name, self._weights[name], self._origins[field], dim=0)
        for layer, groups in getattr(network.denoiser, "input_layers", {}).items():
            done |= self._copy_input_layer(f"denoiser.{layer}", groups)
        for name in self.state.keys() - done:
            self._copy(name, self._weights.get(name))

    def _copy_input_layer(self, layer: str, groups: Sequence[str | int]) -> set[str]:
        """Copy a layer channel by channel; return the names of its tensors, none if it differs."""
        name, bias = f"{layer}.weight", f"{layer}.bias"
        old, rest = self._weights.get(name), self._weights.get(bias)
        if name not in self.state or old is None or not _same_outputs(old, self.state[name]):
            return set()
        origin: list[int] = []
        offset = 0
        for group in groups:
            part = list(range(group)) if isinstance(group, int) else self._origins[group]
            width = group if isinstance(group, int) else self._widths[group]
            origin += [NEW if i == NEW else offset + i for i in part]
            gone = sorted(set(range(width)) - set(part))
            if gone and rest is not None:
                null = self._weights[_NULLS[str(group)]][gone]
                lost = torch.tensordot(old[:, [offset + i for i in gone]], null, ([1], [0]))
                rest = rest + lost.reshape(len(rest), -1).sum(dim=-1)
            offset += width
        self._copy_channels(name, old, origin, dim=1)
        if rest is not None:
            self._copy(bias, rest)
        return {name, bias}

    def _copy(self, name: str, old: Tensor | None) -> None:
        new = self.state[name]
        if old is None or old.shape != new.shape:
            self.fresh = sorted({*self.fresh, name.rpartition(".")[0] or name})
            return
        self.state[name] = old.to(new.dtype)
        self.copied += new.numel()
        self.layers += new.ndim > 1

    def _copy_channels(self, name: str, old: Tensor, origin: Sequence[int], dim: int) -> None:
        """Copy the channels of `old` at the indices `origin`; others are zero."""
        kept = [index for index, each in enumerate(origin) if each != NEW]
        result = torch.zeros_like(self.state[name])
        part = old.index_select(dim, torch.tensor([origin[i] for i in kept], dtype=torch.long))
        result.index_copy_(dim, torch.tensor(kept, dtype=torch.long), part.to(result.dtype))
        self.state[name] = result
        self.copied += part.numel()
        self.layers += result.ndim > 1


def _same_outputs(old: Tensor, new: Tensor) -> bool:
    return old.shape[0] == new.shape[0] and old.shape[2:] == new.shape[2:]


def _at_new_positions(
    weights: Mapping[str, Tensor], encoders: Sequence[EncoderOrigin]
) -> dict[str, Tensor]:
    """Rename the weights of trainable encoders, whose names contain their positions."""
    positions = {
        f"encoders.{e.position}.": f"encoders.{i}." for i, e in enumerate(encoders) if e.same
    }
    found = {}
    for name, tensor in weights.items():
        head, _, tail = name.partition(".")
        prefix = f"{head}.{tail.partition('.')[0]}."
        if head != "encoders":
            found[name] = tensor
        elif prefix in positions:
            found[positions[prefix] + name.removeprefix(prefix)] = tensor
    return found


def _check(record: ModelRecord, saved: ModelRecord, file: Path, registry: Registry) -> None:
    """Raise if the weights of a model have another meaning than those of the record."""
    if differs := layout_difference(saved.layout, record.layout):
        raise LayoutError(
            f"{file} is a model for another mixer: {differs}. Choose its mixer (--mixer), another "
            "model, or omit --init-from."
        )
    before, now = saved.denoiser, record.denoiser
    if (before.name, before.version) != (now.name, now.version):
        raise InputError(
            f"{file} has the denoiser {before.versioned_name}, this run {now.versioned_name}: they "
            "share no weights. Choose the same (--denoiser), or omit --init-from."
        )
    declaration = registry.denoisers.find(now.versioned_name).declaration
    was, is_ = (
        declaration.prediction_of(config_from_dict(declaration.config, each.config))
        for each in (before, now)
    )
    if was != is_:
        raise InputError(
            f"{file} predicts {was}, the denoiser of this run {is_}; choose the same prediction "
            "(--set denoiser.prediction=...), or omit --init-from."
        )


def _channel_names(
    record: EncoderRecord, stems: tuple[str, ...], registry: Registry
) -> ChannelNames | None:
    """Return the names of an encoder's channels, None if it has none or is not installed.

    Raises
    ------
    PluginError
        If it does not name as many channels as it has.
    """
    try:
        encoder: Any = build_recorded(registry.encoders, record.component, "The model")
    except (FormatError, PluginError):
        return None
    if not isinstance(encoder, NamedChannels):
        return None
    names: ChannelNames = encoder.channel_names(stems)
    if tuple(map(len, names)) != (record.per_frame, record.global_):
        raise PluginError(
            f"The encoder {record.component.versioned_name} names {len(names[0])} and "
            f"{len(names[1])} channels, but has {record.per_frame} and {record.global_}; "
            "channel_names must return one name for each."
        )
    return names


def _settings(record: ModelRecord) -> str:
    return ", ".join(f"{name} {value}" for name, value in record.denoiser.config.items()) or "none"


def _changed_settings(record: ModelRecord, saved: ModelRecord) -> str:
    """Describe other settings of the denoiser, other stems and frame rates; ``""`` if equal."""

    def facts(each: ModelRecord) -> dict[str, Any]:
        return {
            **{f"denoiser.{name}": value for name, value in each.denoiser.config.items()},
            "frames per beat": each.frames_per_beat,
            "stems": ", ".join(each.stems),
        }

    before, now = facts(saved), facts(record)
    return ", ".join(
        f"{name} {value} (was {before.get(name)})"
        for name, value in now.items()
        if before.get(name) != value
    )
