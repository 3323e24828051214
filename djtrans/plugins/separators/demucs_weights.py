"""The weights of demucs: found on disk or on the hub, and loaded without running what they hold.

demucs' own loaders do: a ``.th`` file is unpickled, and a ``.safetensors`` file names in its
metadata any class to import and call. Here the class is HTDemucs or the file is refused.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from djtrans.core.errors import SeparationError
from djtrans.core.stems_io import STEM_NAMES
from djtrans.plugins.separators import DEMUCS_SAMPLE_RATE, DemucsConfig

#: Repository on the Hugging Face hub, by the name of the model.
HUB_REPOSITORIES = {
    "htdemucs": "adefossez/HTDemucs",
    "htdemucs_ft": "adefossez/HTDemucs-ft",
    "htdemucs_6s": "adefossez/HTDemucs-6s",
}
#: How long the hub may take to answer at all before a download is tried.
REACH_SECONDS = 2.5

#: A released file is named after its model and the first digits of its SHA-256.
_CHECKSUM = re.compile(r"[0-9a-f]{8}-([0-9a-f]{8})")

_lock = threading.Lock()
#: The network in use: one at most, whatever was asked for before.
_loaded: dict[tuple[Any, ...], Any] = {}


def load_network(config: DemucsConfig, device: str) -> Any:
    """The network of a config on a device, loaded once as long as its files stay the same.

    Parameters
    ----------
    config : DemucsConfig
        Its `model` and `weights` are used.
    device : str

    Returns
    -------
    demucs.apply.BagOfModels
        Of one or more HTDemucs, in evaluation mode.

    Raises
    ------
    SeparationError
        If the weights are missing, cannot be downloaded, are damaged, hold anything but an
        HTDemucs, or that HTDemucs does not make djtrans' stems from 44.1 kHz stereo.
    """
    with _lock:
        files, mixing = _find(config)
        states = [(str(file.resolve()), file.stat().st_mtime_ns) for file in files]
        key = (config.model, device, *states)
        if key not in _loaded:
            _loaded.clear()  # first, so that there are never two in memory
            _loaded[key] = _load(files, mixing).to(device).eval()
        return _loaded[key]


def _find(config: DemucsConfig) -> tuple[list[Path], list[list[float]] | None]:
    """Files of the networks, and the weight of each for each of its stems (None: all one)."""
    path = Path(config.weights).expanduser()
    if config.weights and path.is_file():
        return [path], None
    if config.weights and not path.is_dir():
        raise SeparationError(
            f"The demucs weights {path} do not exist; set weights to a .safetensors file or to a "
            f"folder with the files of {config.model}, or leave it empty to download them."
        )
    bag = _bag(config.model)
    find = _in_folder if config.weights else _on_hub
    return [find(path, config.model, name) for name in bag["models"]], bag.get("weights")


def _bag(model: str) -> dict[str, Any]:
    """What demucs says a model is made of: names of networks, and how to weigh them."""
    import yaml  # type: ignore[import-untyped]  # demucs requires it, its stubs are not installed
    from demucs.pretrained import REMOTE_ROOT

    content: dict[str, Any] = yaml.safe_load((REMOTE_ROOT / f"{model}.yaml").read_text())
    return content


def _in_folder(folder: Path, model: str, name: str) -> Path:
    for file in (folder / f"{name}.safetensors", *sorted(folder.glob(f"{name}*.th"))):
        if file.is_file():
            return file
    raise SeparationError(
        f"The folder {folder} has no {name}.safetensors, which {model} needs; get it with "
        f"'hf download {HUB_REPOSITORIES[model]} --local-dir {folder}'."
    )


def _on_hub(_: Path, model: str, name: str) -> Path:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    repository, file = HUB_REPOSITORIES[model], f"{name}.safetensors"
    cached = try_to_load_from_cache(repository, file)
    if isinstance(cached, str):
        return Path(cached)
    reason = _why_unreachable()
    if not reason:
        try:
            return Path(hf_hub_download(repository, file, etag_timeout=REACH_SECONDS))
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a network does
            reason = _brief(error)
    raise SeparationError(
        f"The weights of {model} are not on this machine and cannot be downloaded ({reason}); run "
        f"'hf download {repository}' online, or set weights to a folder with {file}, or use the "
        "separator 'spectral', which needs none."
    )


def _why_unreachable() -> str:
    """Why the hub cannot be asked for files, or nothing; answers in time where a lookup hangs."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    answers: list[str] = []

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=REACH_SECONDS)
            answers.append("")
        except Exception as error:  # noqa: BLE001 -- whatever a network does
            answers.append(f"{constants.ENDPOINT}: {_brief(error)}")

    # A thread, because no timeout of a request covers the lookup of a host's name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(REACH_SECONDS)
    return answers[0] if answers else f"{constants.ENDPOINT} did not answer"


def _load(files: list[Path], mixing: list[list[float]] | None) -> Any:
    from demucs.apply import BagOfModels

    networks = [_load_file(file) for file in files]
    for file, network in zip(files, networks, strict=True):
        missing = [name for name in STEM_NAMES if name not in network.sources]
        if missing or network.samplerate != DEMUCS_SAMPLE_RATE or network.audio_channels != 2:
            raise SeparationError(
                f"{file} makes {', '.join(network.sources)} from {network.audio_channels} channels "
                f"at {network.samplerate} Hz; use a model that makes {', '.join(STEM_NAMES)} from "
                f"2 channels at {DEMUCS_SAMPLE_RATE} Hz."
            )
    return BagOfModels(networks, mixing)


def _load_file(file: Path) -> Any:
    """One HTDemucs from its file."""
    if file.suffix not in (".safetensors", ".th"):
        raise SeparationError(f"{file} is no demucs weights file; give a .safetensors file.")
    try:
        return _load_safetensors(file) if file.suffix == ".safetensors" else _load_pickle(file)
    except (SeparationError, ImportError):
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- demucs also exits
        raise SeparationError(
            f"{file} cannot be loaded as demucs weights ({_brief(error)}); get a sound copy as "
            ".safetensors."
        ) from None


def _load_safetensors(file: Path) -> Any:
    from demucs.hf import load_safetensors_model
    from demucs.htdemucs import HTDemucs
    from safetensors import safe_open

    with safe_open(str(file), framework="pt") as content:
        metadata = content.metadata() or {}
    wanted = f"{HTDemucs.__module__}.{HTDemucs.__qualname__}"
    # The loader imports and calls what these two name, so they are read first.
    if metadata.get("klass") != wanted or "structure" in metadata:
        raise SeparationError(
            f"{file} says that it holds {metadata.get('klass', 'nothing known')!r}, not a plain "
            f"{wanted!r}; it was not loaded. Use the files of {', '.join(HUB_REPOSITORIES)}."
        )
    return load_safetensors_model(file)


def _load_pickle(file: Path) -> Any:
    from pickle import UnpicklingError

    from demucs.htdemucs import HTDemucs
    from demucs.repo import check_checksum
    from demucs.states import load_model

    if match := _CHECKSUM.fullmatch(file.stem):
        check_checksum(file, match[1])
    try:
        with _allowed_in_pickles(HTDemucs, Fraction):
            package = torch.load(file, "cpu", weights_only=True)
    except UnpicklingError:
        raise SeparationError(
            f"{file} is damaged or holds more than weights, such as code that would run; it was "
            "not loaded. Use the model's .safetensors file."
        ) from None
    if package["klass"] is not HTDemucs:
        raise SeparationError(
            f"{file} holds no HTDemucs; use one of {', '.join(HUB_REPOSITORIES)}."
        )
    network: Any = load_model(package)  # type: ignore[no-untyped-call]
    return network


@contextmanager
def _allowed_in_pickles(*classes: type) -> Iterator[None]:
    """Let ``torch.load(weights_only=True)`` meet these classes (torch 2.4 has no such context)."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.add_safe_globals(list(classes))
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}" if text else type(error).__name__
