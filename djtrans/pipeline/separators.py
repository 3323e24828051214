"""Separators as they are asked for by name: the best one to be had, built and ready to work."""

from __future__ import annotations

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

AUTO = "auto"
#: What ``"auto"`` tries, in this order; the last one always works.
AUTO_ORDER = ("demucs", "spectral")


def find_separator(registry: Registry, name: str) -> tuple[str, SeparatorDeclaration]:
    """Qualified name and declaration of a separator.

    Raises
    ------
    UnknownComponentError
        If there is none of that name.
    """
    component = registry.separators.find(name)
    if not isinstance(component.declaration, SeparatorDeclaration):
        raise InputError(f"{component.name} is not a separator.")
    return component.name, component.declaration


def build_separator(
    registry: Registry, name: str, config: Mapping[str, Any], device: str = "auto"
) -> Separator:
    """Build a separator.

    Parameters
    ----------
    registry : Registry
    name : str
    config : mapping
        Fields of its config.
    device : str
        Where it is to run if it has a field `device` that is ``"auto"``.

    Returns
    -------
    Separator
        One that keeps its stems if its declaration says so, and its factory is found by name: a
        callable of a notebook may change without a new version.
    """
    name, declaration = find_separator(registry, name)
    settings = config_from_dict(declaration.config, config)
    if getattr(settings, "device", None) == AUTO:
        settings = attrs.evolve(settings, device=device)
    full = config_to_dict(settings)
    separator: Separator = registry.separators.build(name, full)
    if declaration.keep and declaration.lazy:
        return CachedSeparator(separator, name, declaration, full)
    return separator


def fetch_separator(
    registry: Registry,
    name: str,
    config: Mapping[str, Any],
    device: str = "auto",
    progress: FractionCallback | None = None,
) -> str:
    """See to it that a separator can work, before anything else is begun.

    Parameters
    ----------
    registry : Registry
    name : str
        Of a separator; or ``"auto"``, the first of :data:`AUTO_ORDER` that can work.
    config : mapping
        Fields of its config; ``"auto"`` passes over those that lack one of them.
    device : str
    progress : callable, optional
        Receives the fraction of its weights that is downloaded.

    Returns
    -------
    str
        The name of the separator, never ``"auto"``.

    Raises
    ------
    SeparationError
        If its weights are missing and cannot be downloaded.

    Warns
    -----
    UserWarning
        If ``"auto"`` had to pass over one; says why, and how to have it next time.
    """
    if name == AUTO:
        candidates = _fitting(registry, config)
    elif find_separator(registry, name)[1].reads_source:
        return name  # ready stems, looked at when they are wanted
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
            warnings.warn(
                f"The stems are made by {further!r}, which lets them leak. {error}", stacklevel=2
            )
            continue
        break
    return candidate


def _fitting(registry: Registry, config: Mapping[str, Any]) -> list[str]:
    """The rungs of the ladder whose configs have all these fields."""
    fields = {
        rung: [field.name for field in attrs.fields(find_separator(registry, rung)[1].config)]
        for rung in AUTO_ORDER
    }
    fitting = [rung for rung in AUTO_ORDER if set(config) <= set(fields[rung])]
    if not fitting:
        known = " or of ".join(f"{rung} ({', '.join(fields[rung])})" for rung in AUTO_ORDER)
        raise ConfigError(
            f"The separator is chosen by 'auto', which has no field {', '.join(config)}; give "
            f"fields of {known}."
        )
    return fitting


def run_demucs(
    audio: Tensor | Track | str | os.PathLike[str],
    sample_rate: int | None = None,
    *,
    device: str = "auto",
    progress: FractionCallback | None = None,
    registry: Registry | None = None,
    **config: Any,
) -> Stems:
    """Separate audio with demucs; stems that it has made before come from the cache.

    Parameters
    ----------
    audio : Tensor, Track or path
        ``[channels, samples]``, mono or stereo, or a file that holds it.
    sample_rate : int, optional
        In Hz; needed with a tensor.
    device : {"auto", "cpu", "cuda", "mps"}
        Where the network runs.
    progress : callable, optional
        Receives the fraction done.
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
