"""Read an output to its end: what a reader refuses is half written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn


def unreadable(path: Path) -> str:
    """Return why an output cannot be read, or ``""``."""
    read = _READERS.get(path.suffix.lower(), _any)
    try:
        read(path)
    except Exception as error:  # noqa: BLE001 -- whatever a reader raises, the file is not whole
        text = " ".join(str(error).split())
        return f"{type(error).__name__}: {text[:200]}"
    return ""


def _audio(path: Path) -> None:
    import numpy as np
    import soundfile

    # libsndfile takes only names that are UTF-8.
    with path.open("rb") as stream:
        samples, rate = soundfile.read(stream, always_2d=True)
    if not len(samples) or not rate:
        raise ValueError("no samples")
    if not np.isfinite(samples).all():
        raise ValueError("samples that are not finite")


def _json(path: Path) -> None:
    document = strict_json(path.read_text(encoding="utf-8"))
    if isinstance(document, dict) and document.get("format") == "djtrans-params":
        from djtrans.core.transition.params_file import load_params

        load_params(path)
    if path.name == "manifest.json" and isinstance(document, dict):
        _manifest(path.parent, document)
    if path.name == "analysis.json" and (path.parent / "params.json").is_file():
        from djtrans.datasets.pairs.pair_folder import read_pair

        read_pair(path.parent)


def _manifest(folder: Path, document: dict[str, Any]) -> None:
    from djtrans.core.audio.file_facts import content_hash

    for pair in document.get("pairs", []):
        for name, digest in dict(pair["files"]).items():
            if content_hash(folder / pair["folder"] / name) != digest:
                raise ValueError(f"{pair['folder']}/{name} is not what the manifest says")


def strict_json(text: str) -> Any:
    """Parse JSON as other languages do: without NaN and infinities.

    Raises
    ------
    ValueError
        If it is not JSON.
    """

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def _picture(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        picture.load()
        if not math.prod(picture.size):
            raise ValueError("no pixels")


def _checkpoint(path: Path) -> None:
    import torch

    torch.load(path, map_location="cpu", weights_only=True)


def _safetensors(path: Path) -> None:
    from safetensors.torch import load

    load(path.read_bytes())


def _any(path: Path) -> None:
    if not path.read_bytes():
        raise ValueError("no bytes")


def _text(path: Path) -> None:
    if not path.read_text(encoding="utf-8").endswith("\n"):
        raise ValueError("no newline at the end")


_READERS: dict[str, Callable[[Path], None]] = {
    **dict.fromkeys((".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif"), _audio),
    ".json": _json,
    ".png": _picture,
    ".pt": _checkpoint,
    ".safetensors": _safetensors,
    ".csv": _text,
    ".md": _text,
}
