"""Convert JSON to attrs records without coercion: each value must have the type of its field."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import cattrs
from cattrs.v import format_exception

from djtrans.core.errors import FormatError

T = TypeVar("T")


def _bool(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is {_short(value)}; give true or false")
    return value


def _str(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {_short(value)}; give a text")
    return value


def _float(value: Any, _: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise ValueError(f"is {_short(value)}; give a finite number")
    return float(value)


def _int(value: Any, _: Any) -> int:
    # Many languages write 4.0 for 4, or 4 for 4.0.
    if _float(value, None) != (whole := int(value)):
        raise ValueError(f"is {_short(value)}; give an integer")
    return whole


def make_converter() -> cattrs.Converter:
    """Return a converter that refuses unknown fields, wrong types, and infinite numbers."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind, hook in ((bool, _bool), (str, _str), (float, _float), (int, _int)):
        converter.register_structure_hook(kind, hook)
    return converter


def structure(converter: cattrs.Converter, value: Any, kind: type[T], field: str) -> T:
    """Convert a field of a document.

    Parameters
    ----------
    converter : cattrs.Converter
        See :func:`make_converter`.
    value : object
        Value from a JSON document.
    kind : type
        Class of the result.
    field : str
        Name of the field, for error messages.

    Raises
    ------
    FormatError
        If the value does not fit; the message names the field.
    """
    try:
        result: T = converter.structure(value, kind)
    except cattrs.BaseValidationError as error:
        found = cattrs.transform_error(error, path=field, format_exception=_description)
        raise FormatError("; ".join(map(_field_first, found))) from None
    except ValueError as error:
        raise FormatError(f"{field} {error}") from None
    except (AttributeError, TypeError):  # cattrs expects a mapping
        raise FormatError(f"{field} is {_short(value)}; give an object") from None
    return result


def _description(error: BaseException, kind: type | None) -> str:
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, AttributeError):  # cattrs expects a mapping
        return "is of another type; give an object"
    return format_exception(error, kind)


def _field_first(message: str) -> str:
    """Turn ``"is 3; give a text @ plan.key"`` into ``"plan.key is 3; give a text"``."""
    text, _, field = message.rpartition(" @ ")
    return f"{field} {text}" if text.startswith("is ") else f"{field}: {text}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
