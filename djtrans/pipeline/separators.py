"""Find, build and fetch separators by name; ``auto`` is the best one that is available."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.contracts.config import config_from_dict, config_to_dict
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration, TrainedSeparator
from djtrans.core.errors import ConfigError, InputError, SeparationError
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_cache import CachedSeparator
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import Track, load_track
from djtrans.core.util.devices import pick_device
from djtrans.registry import Registry, default_registry

_log = logging.getLogger(__name__)

AUTO = "auto"
#: Separators that ``"auto"`` tries in this order; the last one is always available.
AUTO_ORDER = ("demucs", "spectral")


def find_separator(registry: Registry, name: str) -> tuple[str, SeparatorDeclaration]:
    """Return the qualified name and the declaration of a separator.

    Raises
    ------
    UnknownComponentError
        If there is no separator of that name.
    """
    component = registry.separators.find(name)
    return component.name, component.declaration


def build_separator(
    registry: Registry,
    name: str,
    config: Mapping[str, Any],
    device: str = "auto",
    *,
    cached: bool = False,
) -> Separator:
    """Build a separator.

    Parameters
    ----------
    registry : Registry
    name : str
    config : mapping
        Fields of its config.
    device : str
        Device that replaces ``"auto"`` in a field `device` of its config.
    cached : bool
        Cache the stems also if the declaration does not request it, as for a separator that is
        not slow.

    Returns
    -------
    Separator
        With a cache for its stems if that is requested, it computes them, and its factory is given
        by name: a callable of a notebook may change without a new version.
    """
    name, declaration = find_separator(registry, name)
    settings = config_from_dict(declaration.config, config)
    if getattr(settings, "device", None) == AUTO:
        settings = attrs.evolve(settings, device=device)
    full = config_to_dict(settings)
    separator: Separator = registry.separators.build(name, full)
    # The cache identifies stems by the audio, which does not decide what a reader of files returns.
    if (cached or declaration.keep) and declaration.lazy and not declaration.reads_source:
        return CachedSeparator(separator, name, declaration, full)
    return separator


def fetch_separator(
    registry: Registry,
    name: str,
    config: Mapping[str, Any],
    device: str = "auto",
    progress: FractionCallback | None = None,
) -> str:
    """Choose a separator, and download its weights if they are missing.

    Parameters
    ----------
    registry : Registry
    name : str
        Name of a separator, or ``"auto"``: the first of :data:`AUTO_ORDER` that is available.
    config : mapping
        Fields of its config; ``"auto"`` skips separators that lack one of them.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    progress : callable, optional
        Receives the downloaded fraction of the weights.

    Returns
    -------
    str
        Name of the separator, never ``"auto"``.

    Raises
    ------
    SeparationError
        If its weights are missing and cannot be downloaded.

    Warns
    -----
    UserWarning
        If ``"auto"`` skipped a separator; with the reason and the remedy.
    """
    if name == AUTO:
        candidates = _with_fields(registry, config)
    elif find_separator(registry, name)[1].reads_source:
        return name  # ready stems are checked when they are read
    else:
        candidates = [name]
    for candidate, further in zip(candidates, [*candidates[1:], None], strict=True):
        try:
            separator = build_separator(registry, candidate, config, device)
            if isinstance(separator, TrainedSeparator):
                separator.fetch(progress)
        except SeparationError as error:
            if further is None:
                raise
            _log.info("%s", error)
            warnings.warn(
                f"The stems are made by {further!r}, whose isolation is weak, because {candidate} "
                "cannot be used here; 'djtrans doctor' states why.",
                stacklevel=2,
            )
            continue
        break
    return candidate


def _with_fields(registry: Registry, config: Mapping[str, Any]) -> list[str]:
    """Return the separators of ``"auto"`` whose configs have all these fields."""
    fields = {
        name: [field.name for field in attrs.fields(find_separator(registry, name)[1].config)]
        for name in AUTO_ORDER
    }
    found = [name for name in AUTO_ORDER if set(config) <= set(fields[name])]
    if not found:
        known = " or of ".join(f"{name} ({', '.join(fields[name])})" for name in AUTO_ORDER)
        raise ConfigError(
            f"The separator is chosen by 'auto', which has no field {', '.join(config)}; give "
            f"fields of {known}."
        )
    return found


def run_demucs(
    audio: Tensor | Track | str | os.PathLike[str],
    sample_rate: int | None = None,
    *,
    device: str = "auto",
    progress: FractionCallback | None = None,
    registry: Registry | None = None,
    **config: Any,
) -> Stems:
    """Separate audio with demucs; stems that were computed before come from the cache.

    Parameters
    ----------
    audio : Tensor, Track or path
        ``[channels, samples]``, mono or stereo, or an audio file.
    sample_rate : int, optional
        In Hz; needed with a tensor.
    device : {"auto", "cpu", "cuda", "mps"}
        Device of the network.
    progress : callable, optional
        Receives the fraction done, 0 to 1.
    registry : Registry, optional
    **config
        Further fields of the separator's config: `model`, `weights`, `shifts` ...

    Returns
    -------
    Stems
        ``[4, channels, samples]`` at the audio's rate; they sum to it.

    Raises
    ------
    SeparationError
        If there are no weights, or they cannot be used.

    See Also
    --------
    djtrans.load_stems : Read stems that were separated before.

    Examples
    --------
    >>> import djtrans
    >>> stems = djtrans.run_demucs("track.wav")  # doctest: +SKIP
    >>> stems.names  # doctest: +SKIP
    ('drums', 'bass', 'vocals', 'other')
    """
    if not isinstance(audio, Tensor):
        track = audio if isinstance(audio, Track) else load_track(audio)
        audio, sample_rate = track.audio, track.sample_rate
    elif sample_rate is None:
        raise InputError("run_demucs got a tensor without a rate; give sample_rate in Hz.")
    registry = registry or default_registry()
    _, declaration = find_separator(registry, "demucs")
    separator = build_separator(registry, "demucs", config, pick_device(device))
    return separate(separator, declaration, audio, sample_rate, progress=progress)
