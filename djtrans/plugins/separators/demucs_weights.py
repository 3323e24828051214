"""Find the weights of demucs, and load them without executing code.

demucs' own loaders execute code: a ``.th`` file is unpickled, and a ``.safetensors`` file names any
class in its metadata to import and call. Here the class is HTDemucs or the file is refused.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import torch

from djtrans.core.audio.file_facts import content_hash
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_names import STEMS
from djtrans.plugins.separators import DEMUCS_SAMPLE_RATE, DemucsConfig
from djtrans.plugins.separators.demucs_hub import HUB_REPOSITORIES, brief, hub_file

#: A released file is named after its model and the first digits of its SHA-256.
_CHECKSUM = re.compile(r"[0-9a-f]{8}-([0-9a-f]{8})")

_lock = threading.Lock()
#: The network in use: one at most, whatever was asked for before.
_loaded: dict[tuple[Any, ...], Any] = {}


@attrs.frozen
class Weights:
    """Files of a model.

    Attributes
    ----------
    files : tuple of Path
        One for each of its networks.
    mixing : list of list of float, optional
        How much each network counts for each of its stems; all the same if left out.
    """

    files: tuple[Path, ...]
    mixing: list[list[float]] | None = None


def find_weights(config: DemucsConfig, progress: FractionCallback | None = None) -> Weights:
    """Find the weight files of a config, downloading them if necessary.

    Parameters
    ----------
    config : DemucsConfig
        Its `model` and `weights` are used.
    progress : callable, optional
        Receives the fraction that is downloaded.

    Raises
    ------
    SeparationError
        If a file is neither here nor to be had.
    """
    path = Path(os.path.expanduser(config.weights))
    if config.weights and path.is_file():
        return Weights((path,))
    if config.weights and not path.is_dir():
        raise SeparationError(
            f"The demucs weights {path} do not exist; set weights to a .safetensors file or to a "
            f"folder with the files of {config.model}, or leave it empty to download them."
        )
    bag = _bag(config.model)
    names = bag["models"]
    if config.weights:
        files = [_in_folder(path, config.model, name) for name in names]
    else:
        parts = (_part(progress, index, len(names)) for index in range(len(names)))
        files = [hub_file(config.model, *both) for both in zip(names, parts, strict=True)]
    return Weights(tuple(files), bag.get("weights"))


def weights_digest(files: Sequence[Path]) -> str:
    """SHA-256 over the content of files, hexadecimal; a file is read once as long as it is."""
    states = ((str(file.resolve()), file.stat()) for file in files)
    parts = [_file_digest(name, status.st_mtime_ns, status.st_size) for name, status in states]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


@functools.lru_cache(maxsize=64)
def _file_digest(name: str, modified_ns: int, size: int) -> str:
    return content_hash(name)


def load_network(config: DemucsConfig, device: str) -> Any:
    """Load the network of a config onto a device; cached while its files are unchanged.

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
        weights = find_weights(config)
        states = [(str(file.resolve()), file.stat().st_mtime_ns) for file in weights.files]
        key = (config.model, device, *states)
        if key not in _loaded:
            _loaded.clear()  # first, so that there are never two in memory
            _loaded[key] = _load(weights).to(device).eval()
        return _loaded[key]


def _part(progress: FractionCallback | None, index: int, count: int) -> FractionCallback | None:
    if progress is None:
        return None
    return lambda fraction: progress((index + fraction) / count)


def _bag(model: str) -> dict[str, Any]:
    """Return the networks of a demucs model and their weights in the ensemble."""
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


def _load(weights: Weights) -> Any:
    from demucs.apply import BagOfModels

    networks = [_load_file(file) for file in weights.files]
    for file, network in zip(weights.files, networks, strict=True):
        missing = [name for name in STEMS if name not in network.sources]
        if missing or network.samplerate != DEMUCS_SAMPLE_RATE or network.audio_channels != 2:
            raise SeparationError(
                f"{file} makes {', '.join(network.sources)} from {network.audio_channels} channels "
                f"at {network.samplerate} Hz; use a model that makes {', '.join(STEMS)} from "
                f"2 channels at {DEMUCS_SAMPLE_RATE} Hz."
            )
    return BagOfModels(networks, weights.mixing)


def _load_file(file: Path) -> Any:
    """Load one HTDemucs from its file."""
    if file.suffix not in (".safetensors", ".th"):
        raise SeparationError(f"{file} is no demucs weights file; give a .safetensors file.")
    try:
        return _load_safetensors(file) if file.suffix == ".safetensors" else _load_pickle(file)
    except (SeparationError, ImportError):
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- demucs also exits
        raise SeparationError(
            f"{file} cannot be loaded as demucs weights ({brief(error)}); get a sound copy as "
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
        with _allowed_in_pickles(HTDemucs, Fraction), warnings.catch_warnings():
            # torch warns of other pickle protocols, and then reads or refuses them.
            warnings.simplefilter("ignore")
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
