"""A model as a file: its weights as safetensors, and all that they mean as JSON beside them.

Nothing in such a file is ever executed. A training checkpoint (``.pt``) holds the same record and
weights among primitives and tensors, and is read by torch's restricted loader only.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.config import as_tuple
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing

FORMAT, FORMAT_VERSION = "djtrans-model", 1
#: Key of the record in the header of a safetensors file and in a training checkpoint.
RECORD = "djtrans_model"
#: Name of the weights in a folder and in a hub's repository.
WEIGHTS_NAME = "model.safetensors"


@attrs.frozen(kw_only=True)
class EncoderRecord:
    """An encoder as it was used in training, and the channels it gave.

    `dropout` is the part of the examples in which its null took its place, `extractor` the name and
    version of its feature extractor, None where it has none.
    """

    component: ComponentRecord
    per_frame: int
    global_: int
    dropout: float = 0.1
    extractor: tuple[str, int] | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_tuple)
    )

    def to_json(self) -> dict[str, Any]:
        """As a JSON-ready dictionary."""
        fields = attrs.asdict(self)
        if self.extractor is None:  # a key that older versions do not read
            del fields["extractor"]
        return fields


@attrs.frozen(kw_only=True)
class ModelRecord:
    """Everything but the weights.

    Attributes
    ----------
    layout : Layout
        What the columns mean.
    stems : tuple of str
        What the encoders heard.
    frames_per_beat : int
    denoiser : ComponentRecord
    encoders : tuple of EncoderRecord
    scheduler : ComponentRecord
        What it is sampled with unless another is asked for.
    inference : mapping
        Fields of :class:`~djtrans.diffusion.model.InferenceConfig`.
    card : mapping
        What is known of its training, JSON-ready.
    """

    layout: Layout
    stems: tuple[str, ...]
    frames_per_beat: int
    denoiser: ComponentRecord
    encoders: tuple[EncoderRecord, ...]
    scheduler: ComponentRecord
    inference: Mapping[str, Any] = attrs.field(factory=dict)
    card: Mapping[str, Any] = attrs.field(factory=dict)

    def to_json(self) -> str:
        """As one JSON document."""
        document = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            **{
                field.name: attrs.asdict(value) if attrs.has(type(value)) else value
                for field in attrs.fields(ModelRecord)
                if (value := getattr(self, field.name)) is not self.layout
            },
            "encoders": [encoder.to_json() for encoder in self.encoders],
            "layout_digest": self.layout.digest,
            "layout": self.layout.to_json(),
        }
        return json.dumps(document)

    @classmethod
    def from_json(cls, text: str, where: str) -> ModelRecord:
        """The inverse of :meth:`to_json`.

        Raises
        ------
        FormatError
            If it is damaged, or of another version; the message names `where`.
        """
        try:
            document = json.loads(text)
            version = document["format_version"]
            if version != FORMAT_VERSION:
                raise FormatError(
                    f"{where} has format version {version!r}; this djtrans reads "
                    f"{FORMAT_VERSION}. Use the version of djtrans that wrote it."
                )
            record = cls(
                layout=Layout.from_json(document["layout"]),
                stems=tuple(document["stems"]),
                frames_per_beat=int(document["frames_per_beat"]),
                denoiser=ComponentRecord(**document["denoiser"]),
                encoders=tuple(
                    EncoderRecord(**{**e, "component": ComponentRecord(**e["component"])})
                    for e in document["encoders"]
                ),
                scheduler=ComponentRecord(**document["scheduler"]),
                inference=dict(document["inference"]),
                card=dict(document["card"]),
            )
            digest = document["layout_digest"]
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(
                f"{where} is a damaged model ({type(error).__name__}: {error}); get it again."
            ) from error
        if record.layout.digest != digest:
            raise FormatError(f"{where} contradicts itself: its layout is not the one it names.")
        return record


def save_model(
    path: str | os.PathLike[str], record: ModelRecord, weights: Mapping[str, Tensor]
) -> None:
    """Write a model as safetensors; it appears whole or not at all.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with replacing(path, FormatError) as part:
        save_file(plain, part, metadata={RECORD: record.to_json()})


def weights_file(path: str | os.PathLike[str]) -> Path:
    """The file of a model: itself, or the one in a folder.

    Raises
    ------
    FormatError
        If there is none.
    """
    file = Path(path)
    if file.is_dir():
        file = file / WEIGHTS_NAME
        if not file.is_file():
            raise FormatError(f"The folder {str(path)!r} holds no {WEIGHTS_NAME}; name the file.")
    if not file.is_file():
        raise FormatError(f"There is no model {str(path)!r}.")
    return file


def read_model(path: str | os.PathLike[str]) -> tuple[ModelRecord, dict[str, Tensor]]:
    """Record and weights of a model: a safetensors file, a folder that holds one, or a checkpoint.

    Of a training checkpoint, the averaged weights (EMA) are taken.

    Raises
    ------
    FormatError
        If it is missing, is not a model, holds anything but tensors and plain values, is damaged,
        or comes from a newer format.
    """
    file = weights_file(path)
    if file.suffix == ".safetensors":
        return _read_safetensors(file)
    checkpoint = read_checkpoint(file)
    return ModelRecord.from_json(checkpoint[RECORD], str(file)), checkpoint["ema"]


def _read_safetensors(file: Path) -> tuple[ModelRecord, dict[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as handle:
            header = handle.metadata() or {}
            weights = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise FormatError(f"{file} is no readable safetensors file: {error}.") from None
    if RECORD not in header:
        raise FormatError(f"{file} holds weights, but not those of a djtrans model.")
    return ModelRecord.from_json(header[RECORD], str(file)), weights


def read_checkpoint(file: str | os.PathLike[str]) -> dict[str, Any]:
    """A training checkpoint: primitives and tensors, never a pickled class.

    Raises
    ------
    FormatError
        If it is missing, unreadable, holds anything else, or is not a checkpoint of djtrans.
    """
    path = Path(file)
    if not path.is_file():
        raise FormatError(f"There is no checkpoint {str(path)!r}.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise FormatError(
            f"{path} holds more than tensors and plain values, which could run code when it is "
            "read, so it was not read. Ask its author for a safetensors file."
        ) from None
    except (RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        raise FormatError(f"{path} is no readable checkpoint: {_first_line(error)}.") from None
    if not isinstance(content, dict) or RECORD not in content:
        raise FormatError(f"{path} is not a checkpoint of djtrans; give one that training wrote.")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
