"""Combine a record of options with options that are given by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs

from djtrans.core.errors import InputError, did_you_mean

T = TypeVar("T", bound=attrs.AttrsInstance)


def with_fields(record: T, fields: Mapping[str, Any]) -> T:
    """Return a record of options with some of its fields replaced.

    Raises
    ------
    InputError
        If there is no such field.

    Examples
    --------
    >>> from djtrans import GenerateOptions
    >>> with_fields(GenerateOptions(), {"bars": 16}).bars
    16
    """
    names = [field.name for field in attrs.fields(type(record))]
    for name in fields:
        if name not in names:
            raise InputError(f"There is no option {name!r}. {did_you_mean(name, names)}")
    # mypy evolves only instances of known classes.
    changed: T = attrs.evolve(cast("Any", record), **fields)
    return changed
