"""Locate model files: the bundled model, a path, or the id of a repository on the hub."""

from __future__ import annotations

import os
import re
from pathlib import Path

from djtrans.core.errors import FormatError, InputError
from djtrans.diffusion.checkpoint import WEIGHTS_NAME

#: File of the bundled model.
BUNDLED_MODEL = Path(__file__).parent.parent / "weights" / WEIGHTS_NAME
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def locate_model(path: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    """Return the file or folder of a model, downloading it from the hub if it is an id there.

    Parameters
    ----------
    path : path or str, optional
        By default the bundled model.

    Raises
    ------
    InputError
        If no model is named and none is bundled.
    FormatError
        If there is no such file, and the hub has no such repository.
    """
    if path is None:
        if not BUNDLED_MODEL.is_file():
            raise InputError(
                "This installation has no bundled model; choose a model (--model) or a technique."
            )
        return BUNDLED_MODEL
    text = os.fspath(path)
    if Path(text).exists() or not _HUB_ID.fullmatch(text) or Path(text).suffix in (".pt", ".pth"):
        return path
    return _download(text)


def _download(hub_id: str) -> str:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return str(hf_hub_download(hub_id, WEIGHTS_NAME))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        raise FormatError(
            f"There is no file {hub_id!r}, and as a hub id it cannot be downloaded: {why}."
        ) from None
