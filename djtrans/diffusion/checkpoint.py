"""Model files: weights as safetensors, with a JSON record of the model in the header.

Reading never executes code. A training checkpoint (``.pt``) contains the same record and weights
among primitives and tensors, and is read by torch's restricted loader only.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.config import as_tuple
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.json_documents import MALFORMED, parse_json
from djtrans.diffusion.untrusted_files import (
    RECORD,
    checked_weights,
    read_checkpoint,
    read_safetensors,
)

FORMAT, FORMAT_VERSION = "djtrans-model", 1
#: File name of the weights in a folder and in a repository of a hub.
WEIGHTS_NAME = "model.safetensors"
#: Former names of inference settings in files.
_RENAMED = {"wishless_guidance_scale": "no_technique_guidance_scale"}


@attrs.frozen(kw_only=True)
class EncoderRecord:
    """Encoder of a model, as it was in training.

    Attributes
    ----------
    component : ComponentRecord
        Name, version and config of the encoder.
    per_frame, global_ : int
        Number of channels per frame and of global channels.
    dropout : float
        Fraction of examples in which its null embedding replaces it, 0 to 1.
    extractor : tuple of (str, int), optional
        Name and version of its feature extractor; None if it has none.

    Examples
    --------
    >>> from djtrans.training import model_record
    >>> [encoder.component.name for encoder in model_record().encoders]
    ['djtrans/audio', 'djtrans/technique', 'djtrans/objective']
    """

    component: ComponentRecord
    per_frame: int
    global_: int
    dropout: float = 0.1
    extractor: tuple[str, int] | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_tuple)
    )

    def to_json(self) -> dict[str, Any]:
        """Convert to a JSON-ready dictionary."""
        fields = attrs.asdict(self)
        if self.extractor is None:  # older versions reject the key
            del fields["extractor"]
        return fields


@attrs.frozen(kw_only=True)
class ModelRecord:
    """Description of a model: everything but the weights.

    Attributes
    ----------
    layout : Layout
        Parameters of the curves, in column order.
    stems : tuple of str
        Stems of the features in training.
    frames_per_beat : int
        Frame rate of the curves.
    denoiser : ComponentRecord
        Name, version and config of the denoiser.
    encoders : tuple of EncoderRecord
        Encoders in the order of their channels.
    scheduler : ComponentRecord
        Default scheduler.
    inference : mapping
        Fields of :class:`~djtrans.diffusion.model.InferenceConfig`.
    card : mapping
        Facts about the training, JSON-ready.

    See Also
    --------
    djtrans.training.model_record : Create the record of a new model.
    read_model : Read record and weights from a file.

    Examples
    --------
    >>> from djtrans.training import model_record
    >>> record = model_record(denoiser=("dit", {"width": 64}))
    >>> record.denoiser.name, record.stems
    ('djtrans/dit', ('drums', 'bass', 'vocals', 'other'))
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
        """Convert to a JSON document."""
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
        """Read a record that :meth:`to_json` wrote.

        Parameters
        ----------
        text : str
            JSON document.
        where : str
            Name of the file in error messages.

        Raises
        ------
        FormatError
            If the document is damaged or has another format version.
        """
        try:
            document = parse_json(text)
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
                inference=_current_names(document["inference"]),
                card=dict(document["card"]),
            )
            digest = document["layout_digest"]
        except FormatError:
            raise
        except MALFORMED as error:
            raise FormatError(
                f"{where} is a damaged model ({type(error).__name__}: {error}); download or "
                "export it again."
            ) from error
        if not record.layout.matches(digest):
            raise FormatError(
                f"{where} is a damaged model: its layout does not match its layout digest; "
                "download or export it again."
            )
        return record


def _current_names(inference: Mapping[str, Any]) -> dict[str, Any]:
    """Rename the fields of older records."""
    return {_RENAMED.get(name, name): value for name, value in inference.items()}


def save_model(
    path: str | os.PathLike[str], record: ModelRecord, weights: Mapping[str, Tensor]
) -> None:
    """Write a model as a safetensors file, atomically.

    Parameters
    ----------
    path : path
        File to write.
    record : ModelRecord
        Description of the model.
    weights : mapping of str to Tensor
        State dict of the network.

    Raises
    ------
    FormatError
        If the file cannot be written.

    See Also
    --------
    read_model : The inverse.
    export_model : Write a training checkpoint as a model.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.training import model_record
    >>> record = model_record(denoiser=("dit", {"width": 16, "depth": 1, "heads": 1}))
    >>> network, encoders = djtrans.diffusion.build_network(record)
    >>> djtrans.diffusion.save_model("model.safetensors", record, network.state_dict())
    """
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with replacing(path, FormatError) as part:
        save_file(plain, part, metadata={RECORD: record.to_json()})


def weights_file(path: str | os.PathLike[str]) -> Path:
    """Return the file of a model, given the file or its folder.

    Raises
    ------
    FormatError
        If it does not exist.
    """
    file = Path(path)
    # The system functions raise nothing, unlike those of Path for a name that is too long.
    if os.path.isdir(file):
        file = file / WEIGHTS_NAME
        if not os.path.isfile(file):
            raise FormatError(
                f"The folder {str(path)!r} contains no {WEIGHTS_NAME}; give the file."
            )
    if not os.path.isfile(file):
        raise FormatError(f"There is no model {str(path)!r}; check the path.")
    return file


def read_model(path: str | os.PathLike[str]) -> tuple[ModelRecord, dict[str, Tensor]]:
    """Read record and weights of a model from disk.

    Parameters
    ----------
    path : path
        A safetensors file, a folder that contains ``model.safetensors``, or a training checkpoint,
        of which the averaged weights (EMA) are read.

    Returns
    -------
    record : ModelRecord
        Description of the model.
    weights : dict of str to Tensor
        State dict of the network.

    Raises
    ------
    FormatError
        If the file is missing, is not a model, contains anything but tensors and plain values, is
        damaged, or has a newer format.

    See Also
    --------
    load_model : Build the model too.

    Examples
    --------
    >>> from djtrans.diffusion import read_model
    >>> record, weights = read_model("output/best_model.pt")  # doctest: +SKIP
    """
    file = weights_file(path)
    text: Any
    weights: Any
    if file.suffix == ".safetensors":
        text, weights = read_safetensors(file)
        return ModelRecord.from_json(text, str(file)), checked_weights(weights, file)
    checkpoint = read_checkpoint(file)
    record = ModelRecord.from_json(checkpoint[RECORD], str(file))
    card = {**record.card, "trained": _training(checkpoint)}
    return attrs.evolve(record, card=card), checked_weights(checkpoint.get("ema"), file)


def _training(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far a run was at a checkpoint: the facts that its record cannot hold."""
    best = checkpoint.get("best")
    known = isinstance(best, float) and math.isfinite(best)
    return {"steps": checkpoint.get("step"), "validation_loss": best if known else None}
