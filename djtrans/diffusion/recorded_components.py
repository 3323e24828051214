"""Build recorded components, and compare their behaviour versions with the installed ones."""

from __future__ import annotations

import warnings
from typing import TypeVar

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.errors import FormatError, PluginError, UnknownComponentError
from djtrans.core.registration.catalog import Component, Kind

D = TypeVar("D", bound=Declaration)
C = TypeVar("C")


def find_recorded(kind: Kind[D, C], record: ComponentRecord, where: str) -> Component[D]:
    """Find a component that a model needs, in its version if that is installed, else the newest.

    `where` names the model in errors.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    try:
        newest = kind.find(record.name)
    except UnknownComponentError as error:
        raise PluginError(
            f"{where} needs the {kind.name} {record.name}, which is not installed. {error}"
        ) from None
    try:
        return kind.find(record.versioned_name)
    except UnknownComponentError:
        return newest


def build_recorded(kind: Kind[D, C], record: ComponentRecord, where: str) -> C:
    """Build a component from its record; another behaviour version is an error.

    Raises
    ------
    FormatError
        If the installed version behaves differently.
    PluginError
        If it is not installed.
    """
    found = check_version(kind, record, where, strict=True)
    return kind.build(found.versioned_name, record.config)


def check_version(
    kind: Kind[D, C], record: ComponentRecord, where: str, *, strict: bool
) -> Component[D]:
    """Find a component, and compare its behaviour version with that of the record.

    A difference is an error if `strict`, else a warning.
    """
    found = find_recorded(kind, record, where)
    here = found.declaration.version
    if here != record.version:
        differs = (
            f"{where} was made with version {record.version} of the {kind.name} {record.name}, "
        )
        differs += f"but version {here} is installed"
        if strict:
            raise FormatError(
                f"{differs}, with other results. Install the version of the plugin from training, "
                "or train the model again."
            )
        warnings.warn(f"{differs}; the curves may differ.", stacklevel=4)
    return found
