"""Read files of weights from anywhere: no code is run, and nothing but tensors is accepted."""

from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from djtrans.core.errors import FormatError
from djtrans.core.util.finite import all_finite

#: Key of the record in the header of a safetensors file and in a training checkpoint.
RECORD = "djtrans_model"


def checked_weights(weights: object, file: Path) -> dict[str, Tensor]:
    """Return weights that are finite tensors by name.

    Raises
    ------
    FormatError
        If they are anything else.
    """
    if weights is None:
        raise FormatError(
            f"{file} has no averaged weights (EMA); give a checkpoint that training wrote, or a "
            "file that 'djtrans export' wrote."
        )
    if not isinstance(weights, Mapping) or not weights:
        raise FormatError(f"{file} is a damaged model: its weights are no tensors by name.")
    for name, tensor in weights.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise FormatError(f"{file} is a damaged model: its weight {name!r:.60} is no tensor.")
        if tensor.is_floating_point() and not all_finite(tensor.float()):
            raise FormatError(
                f"{file} is a damaged model: its weight {name!r:.60} has values that are not "
                "finite; train or download it again."
            )
    return dict(weights)


def read_safetensors(file: Path) -> tuple[str, dict[str, Tensor]]:
    """Read the record, as text, and the weights of a safetensors file.

    Raises
    ------
    FormatError
        If it is unreadable, or has no record.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as handle:
            header = handle.metadata() or {}
            if RECORD not in header:
                raise FormatError(
                    f"{file} contains weights, but no djtrans model; give a file that djtrans "
                    "exported."
                )
            weights = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, RuntimeError) as error:
        raise FormatError(
            f"{file} is not a readable safetensors file: {_first_line(error)}."
        ) from None
    return header[RECORD], weights


def read_checkpoint(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a training checkpoint, which contains primitives and tensors only.

    Raises
    ------
    FormatError
        If it is missing, unreadable, compressed, contains anything else, or is not a checkpoint of
        djtrans.
    """
    path = Path(file)
    if not os.path.isfile(path):
        raise FormatError(f"There is no checkpoint {str(path)!r}; check the path.")
    _refuse_compressed(path)
    try:
        with warnings.catch_warnings():
            # torch warns of other pickle protocols, and then reads or refuses them.
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise FormatError(
            f"{path} contains more than tensors and plain values, which could run code when it is "
            "read, so it was not read. Ask its author for a safetensors file."
        ) from None
    except Exception as error:  # noqa: BLE001 -- an unpickler raises anything on damaged bytes
        raise FormatError(f"{path} is not a readable checkpoint: {_first_line(error)}.") from None
    if not isinstance(content, dict) or RECORD not in content:
        raise FormatError(f"{path} is not a checkpoint of djtrans; give one that training wrote.")
    return content


def _refuse_compressed(path: Path) -> None:
    """Refuse a zip file with compressed parts: torch stores them, and a bomb does not."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # another format or zip version, or damaged: torch finds out
    size = path.stat().st_size
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts) or (
        sum(part.file_size for part in parts) > size
    ):
        raise FormatError(
            f"{path} is compressed, or its parts are larger than the file; give a checkpoint as "
            "training wrote it."
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
