"""JSON files of ours: each says what it is, and in which version of its format."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.atomic_files import reason


def read_document(
    path: str | os.PathLike[str], name: str, version: int, *, expected: str, again: str
) -> dict[str, Any]:
    """The fields of a JSON file of ours, without those that say what it is.

    Parameters
    ----------
    path : path
    name, version : str, int
        What ``format`` and ``format_version`` must be.
    expected : str
        For the error: what the file is not, and what to give instead.
    again : str
        For the error: how such a file is made anew.

    Raises
    ------
    InputError
        If the file cannot be read.
    FormatError
        If it is no JSON, something else, or of another version.
    """
    file = Path(path)
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {file}: {reason(error)}") from None
    except ValueError as error:
        raise FormatError(f"{file} is not JSON: {error}. {again}") from None
    if not isinstance(document, dict) or document.pop("format", None) != name:
        raise FormatError(f"{file} is no {expected}.")
    found = document.pop("format_version", None)
    if found != version:
        raise FormatError(
            f"{file} has format version {found!r}; this djtrans reads {version}. {again}"
        )
    return document
