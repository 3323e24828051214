"""Locate model files: the bundled model, a path, or the id of a repository on the hub."""

from __future__ import annotations

import os
import re
from pathlib import Path

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.hub import download, silent_client
from djtrans.diffusion.checkpoint import WEIGHTS_NAME

#: File of the bundled model.
BUNDLED_MODEL = Path(__file__).parent.parent / "weights" / WEIGHTS_NAME
#: Larger models are not downloaded; the bundled one has a few megabytes.
MOST_BYTES = 4_000_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Id of a repository on the hub, perhaps with a branch, tag or commit.
HUB_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")


def locate_model(path: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    """Return the file or folder of a model, downloading it from the hub if it is an id there.

    Parameters
    ----------
    path : path or str, optional
        By default the bundled model. An id may end in ``@`` and a branch, tag or commit.

    Raises
    ------
    InputError
        If no model is named and none is bundled.
    FormatError
        If there is no such file, and the hub has no such repository, or a file above 4 GB or of
        another SHA-256 than it states.
    """
    if path is None:
        if not BUNDLED_MODEL.is_file():
            raise InputError(
                "This installation has no bundled model; choose a model (--model) or a technique."
            )
        return BUNDLED_MODEL
    text = os.fspath(path)
    named = HUB_ID.fullmatch(text)
    if os.path.exists(text) or named is None or Path(text).suffix in (".pt", ".pth"):
        return path
    return _download(named["id"], named["revision"])


def _download(hub_id: str, revision: str | None) -> str:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.constants import HF_HUB_OFFLINE

    try:
        if HF_HUB_OFFLINE:
            return str(download(hub_id, WEIGHTS_NAME, most_bytes=MOST_BYTES, revision=revision))
        with silent_client():
            stated = get_hf_file_metadata(hf_hub_url(hub_id, WEIGHTS_NAME, revision=revision))
        if stated.size is None or stated.size > MOST_BYTES:
            raise FormatError(
                f"The model {hub_id!r} is not downloaded: the hub states a size of "
                f"{stated.size or 0} bytes, and at most {MOST_BYTES / 1e9:g} GB are."
            )
        file = str(
            download(hub_id, WEIGHTS_NAME, most_bytes=stated.size, revision=stated.commit_hash)
        )
    except FormatError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever a network, a hub or a full disk does
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise FormatError(
            f"There is no file {hub_id!r}, and as a hub id it cannot be downloaded: {why}."
        ) from None
    # The hub identifies large files by their SHA-256, and the client compares sizes only.
    digest = stated.etag or ""
    if _SHA256.fullmatch(digest) and (found := file_hash(Path(file))) != digest:
        raise FormatError(
            f"The model {hub_id!r} has the SHA-256 {found}, but the hub states {digest}; delete "
            f"{file} and try again."
        )
    return file
