"""The network Beat This! and its weights: found, or downloaded at the first use."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from djtrans.core.errors import DependencyError, InputError
from djtrans.core.util.devices import pick_device

_NAME = re.compile(r"[a-z0-9_-]+")


def load_network(checkpoint: str, device: str) -> tuple[Any, Any]:
    """Load the network and its peak picking.

    Parameters
    ----------
    checkpoint : str
        Name of a published checkpoint, or a file.
    device : str
        As for :func:`~djtrans.core.util.devices.pick_device`.

    Returns
    -------
    network : callable
        ``(signal [samples], sample_rate) -> (beat, downbeat)``, logits at 50 frames per second.
    pick : callable
        ``(beat, downbeat) -> (beats, downbeats)`` in seconds.

    Raises
    ------
    DependencyError
        If the package cannot be imported.
    InputError
        If the weights are missing and cannot be downloaded, or are those of another network.
    """
    try:
        from beat_this.inference import CHECKPOINT_URL, Audio2Frames
        from beat_this.model.postprocessor import Postprocessor
    except ImportError as error:
        raise DependencyError(
            f"beat_this cannot be imported ({error}); install it with: "
            "pip install 'djtrans[beat-this]'."
        ) from error
    file = _weights_file(checkpoint, CHECKPOINT_URL)
    return _loaded(Audio2Frames, str(file), pick_device(device)), Postprocessor(type="minimal")


@lru_cache(maxsize=1)
def _loaded(audio_to_frames: Any, file: str, device: str) -> Any:
    """Load the network once for several tracks; a file is read without executing anything in it."""
    try:
        return audio_to_frames(checkpoint_path=file, device=device)
    except Exception as error:
        raise InputError(
            f"{file} is not a checkpoint of beat_this ({type(error).__name__}); delete it, and it "
            "is downloaded again, or give another one."
        ) from error


def _weights_file(checkpoint: str, url: str) -> Path:
    """Return the file of a checkpoint; a published one is downloaded if it is not there."""
    if Path(checkpoint).is_file():
        return Path(checkpoint)
    if not _NAME.fullmatch(checkpoint):
        raise InputError(
            f"There is no checkpoint {checkpoint!r}; give a file, or a name such as final0."
        )
    # The folder and the name that beat_this itself uses.
    file = Path(torch.hub.get_dir()) / "checkpoints" / f"beat_this-{checkpoint}.ckpt"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        source = f"{url}/{checkpoint}.ckpt"
        try:
            torch.hub.download_url_to_file(source, str(file), progress=False)
        except (OSError, RuntimeError) as error:
            raise InputError(
                f"The weights {checkpoint} of beat_this are not on this machine and cannot be "
                f"downloaded ({error}); save {source} as {file}."
            ) from error
    return file
