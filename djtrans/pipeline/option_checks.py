"""Check the options of a transition against the registered components, before any work.

Imports neither torch nor numpy.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djtrans.core.contracts.component import split_choice
from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import ConfigError, InputError
from djtrans.mixer.resolve import component_record, resolve_spec
from djtrans.pipeline.options import AUTO, GenerateOptions, PreparationOptions
from djtrans.registry import Registry

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def check_components(options: GenerateOptions, registry: Registry) -> None:
    """Raise if the options name components, settings or lengths that do not exist.

    Parameters
    ----------
    options : GenerateOptions
    registry : Registry
        Registered components; none of them is built.

    Raises
    ------
    PluginError
        If there is no component of a name.
    InputError
        If settings do not fit their component, or a technique does not take the length.
    """
    preparation = options.preparation
    check_preparation(preparation, registry)
    if options.scheduler is not None:
        registry.schedulers.find(split_choice(options.scheduler)[0])
    if options.model in (None, "none") and (needs := options.needs_model):
        raise InputError(f"{needs}: the rules have no sampling; choose a model (--model).")
    check_technique_settings(registry, options.technique, preparation.settings.technique)
    if options.technique != AUTO and isinstance(options.bars, int):
        _check_length(options.technique, options.bars, registry)


def check_technique_settings(registry: Registry, name: str, config: Mapping[str, Any]) -> None:
    """Raise if there is no such technique, or the settings do not fit it."""
    if name != AUTO:
        component_record(registry, "technique", name, config)
    elif config:
        raise InputError(
            f"technique.{next(iter(config))} is set, but the technique is chosen later (auto); "
            "name it (--technique)."
        )


def check_preparation(options: PreparationOptions, registry: Registry) -> None:
    """Raise if the options name components or settings that do not exist.

    Raises
    ------
    PluginError
        If there is no component of a name.
    InputError
        If settings do not fit their component.
    """
    if options.settings.separator and None not in tuple(options.stems):
        raise InputError(
            f"separator.{next(iter(options.settings.separator))} is set, but both tracks have "
            "ready stems; leave it out."
        )
    registry.analyzers.find(options.analyzer)
    if options.separator != AUTO:
        found = registry.separators.find(options.separator)
        try:
            config_from_dict(found.declaration.config, options.settings.separator)
        except ConfigError as error:
            raise ConfigError(f"The separator {found.name}: {error}") from None
    spec = resolve_spec(options.mixer, registry)
    if options.master is not None:
        spec = spec.with_master(options.master)
    resolve_spec(spec.configured(options.settings.mixer), registry)
    if not _DEVICE.fullmatch(options.device):
        raise InputError(
            f"There is no device {options.device!r}; choose auto, cpu, cuda, such as cuda:0, or "
            "mps."
        )
    for side, stems in options.stems.items():
        if stems is not None and not Path(os.path.expanduser(stems)).is_dir():
            raise InputError(
                f"stems_{side} = {os.fspath(stems)!r} is not a folder; give one with stems, such "
                "as drums.wav."
            )


def _check_length(name: str, bars: int, registry: Registry) -> None:
    declaration = registry.techniques.find(name).declaration
    shortest, _, longest = declaration.bars
    if shortest <= bars <= longest:
        return
    others = [
        short_name(component.name)
        for component in registry.techniques
        if component.declaration.bars[0] <= bars <= component.declaration.bars[2]
        and not component.declaration.baseline
    ]
    instead = f" Techniques for {bars} bars: {', '.join(others)}." if others else ""
    raise InputError(
        f"The technique {short_name(name)} takes {declaration.lengths}, not {bars}; give another "
        f"length, or leave the bars out.{instead}"
    )
