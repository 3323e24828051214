"""Read JSON strictly, and versioned documents: ``format`` and ``format_version`` identify them."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.atomic_files import reason

#: Larger than any document of djtrans; read, it takes about ten times as much memory.
MOST_BYTES = 128_000_000
#: Digits of a whole number that can still be converted to a float.
_MOST_DIGITS = 300
#: Longest part of a value in a message.
_SHOWN = 40
#: What is raised where valid JSON does not have the expected structure.
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def parse_json(text: str | bytes, *, finite: bool = True, characters: bool = True) -> Any:
    """Parse JSON from an untrusted source.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8, UTF-16 or UTF-32, with or without a byte-order mark: editors and shells on
        Windows write these.
    finite : bool
        False also accepts ``NaN`` and ``Infinity``, which are no JSON.
    characters : bool
        False leaves :func:`check_characters` to the caller.

    Raises
    ------
    ValueError
        With a one-line message without a period, if it is not JSON, nested too deeply, repeats a
        field, or contains a number that is not finite or a character that does not exist.

    Examples
    --------
    >>> parse_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    ValueError: it has the field 'a' twice
    """
    try:
        plain = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not {error.encoding}") from None
    try:
        document = json.loads(
            plain.removeprefix("\ufeff"),
            parse_constant=_constant if finite else None,
            parse_float=_number if finite else None,
            parse_int=_whole,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if characters and "\\ud" in plain.lower():
        check_characters(document)
    return document


def check_characters(document: Any) -> None:
    r"""Check that all texts of a document can be written again.

    Escapes such as ``\ud800`` are half a character. From ``\udc80`` on they are accepted: Python
    marks bytes of file names that are not UTF-8 in this way.

    Raises
    ------
    ValueError
        If one cannot.
    """
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str):
            for character in value:
                if "\ud800" <= character <= "\udfff" and not "\udc80" <= character <= "\udcff":
                    raise ValueError(f"{_short(value)} contains half a character")


def json_digest(document: Any) -> str:
    """Compute the SHA-256, in hexadecimal, of a JSON-ready value; the order of fields is ignored.

    Examples
    --------
    >>> json_digest({"a": 1, "b": 2}) == json_digest({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def read_json(path: str | os.PathLike[str], *, finite: bool = True) -> Any:
    """Read a JSON file of at most 128 MB; see :func:`parse_json`.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is too large or not valid, with the reason as message.
    """
    with Path(path).open("rb") as content:
        raw = content.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES / 1e6:.0f} MB")
    return parse_json(raw, finite=finite)


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
        document = read_json(file)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {reason(error)}") from None
    except ValueError as error:
        raise FormatError(f"{file} is not JSON: {error}. {again}") from None
    if not isinstance(document, dict) or document.pop("format", None) != name:
        raise FormatError(f"{file} is not a valid {expected}.")
    found = document.pop("format_version", None)
    if found != version:
        raise FormatError(
            f"{file} has format version {_short(found)}; this version of djtrans reads {version}. "
            f"{again}"
        )
    return document


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:_SHOWN]} is too large")
    return value


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"it has the field {_short(twice)} twice")
    return fields


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
