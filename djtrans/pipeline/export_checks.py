"""Check an export before its work; torch is not imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.exporter import ExporterDeclaration
from djtrans.core.errors import InputError
from djtrans.core.registration.catalog import Component
from djtrans.core.util.output_files import AnyPath, Output, check_folder, check_outputs
from djtrans.registry import Registry


def find_exporter(
    kind: str,
    output: AnyPath,
    *,
    params: AnyPath | None,
    a: AnyPath | None,
    b: AnyPath | None,
    settings: Mapping[str, Any] | None,
    registry: Registry,
) -> Component[ExporterDeclaration]:
    """Find an exporter, and check its output, inputs and settings.

    Parameters
    ----------
    kind : str
        Name of a registered exporter.
    output : path
        File to write, or folder to create.
    params : path or None
        The params file; None for a rendered transition.
    a, b : path or None
        The tracks.
    settings : mapping or None
        Fields of the exporter's config.
    registry : Registry

    Returns
    -------
    Component of ExporterDeclaration

    Raises
    ------
    InputError
        If the output is an input, a folder with content, or cannot be written, or if tracks are
        missing.
    ConfigError
        If a setting is unknown or out of range.
    UnknownComponentError
        If there is no such exporter.
    """
    component = registry.exporters.find(kind)
    declaration = component.declaration
    config_from_dict(declaration.config, settings or {})
    _check_output(declaration, output, {"the params file": params, "track A": a, "track B": b})
    renders = "audio" in declaration.needs and params is not None
    if (renders or "tracks" in declaration.needs) and (a is None or b is None):
        raise InputError(f"The export {kind!r} needs the two tracks; give A and B.")
    return component


def _check_output(
    declaration: ExporterDeclaration, output: AnyPath, inputs: Mapping[str, AnyPath | None]
) -> None:
    if declaration.suffix:
        check_outputs([Output("--output", output, (declaration.suffix,))], inputs)
        return
    check_folder("--output", output, inputs)
    folder = Path(output)
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(
            f"The folder {folder} is not empty; name a new one, or remove it: nothing in it is "
            "replaced."
        )
