"""Read versioned JSON documents: ``format`` and ``format_version`` identify the content."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.atomic_files import reason


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Editors and shells on Windows write these.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not JSON, is nested too deeply, or has a field twice.
    """
    try:
        return json.loads(Path(path).read_bytes(), object_pairs_hook=_fields)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has the field {twice!r} twice")
    return fields


def read_document(
    path: str | os.PathLike[str], name: str, version: int, *, expected: str, again: str
) -> dict[str, Any]:
    """Read a JSON document of djtrans, without the fields ``format`` and ``format_version``.

    Parameters
    ----------
    path : path-like
        The file.
    name : str
        Required value of ``format``.
    version : int
        Required value of ``format_version``.
    expected : str
        Description of a valid file and of where to get one, for the error message.
    again : str
        Sentence on how to create the file again, for the error message.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If the file cannot be read.
    FormatError
        If it is not JSON, has another format or another version.
    """
    file = Path(path)
    try:
        document: Any = read_json(file)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {reason(error)}") from None
    except ValueError as error:
        raise FormatError(f"{file} is not JSON: {error}. {again}") from None
    if not isinstance(document, dict) or document.pop("format", None) != name:
        raise FormatError(f"{file} is not a valid {expected}.")
    found = document.pop("format_version", None)
    if found != version:
        raise FormatError(
            f"{file} has format version {found!r}; this version of djtrans reads {version}. {again}"
        )
    return document
