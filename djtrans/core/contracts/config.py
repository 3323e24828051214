"""Configuration records: flat frozen attrs classes whose fields are defaulted and validated.

A component's config is written with :func:`setting`, which carries the field's unit, range and
meaning, so that the command line, the docs and the error messages all read one source.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from djtrans.core.errors import ConfigError


def setting(
    default: Any,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """A validated field of a config class.

    Parameters
    ----------
    default : int, float, bool, str or tuple
        The default; its type is the type of the field (an int is accepted where a float is asked).
    help : str
        One sentence.
    unit : str
        Unit of the value. It belongs in the field's name too, as in ``decay_seconds``.
    minimum, maximum : float, optional
        Inclusive bounds, for a number or for each number of a tuple.
    choices : tuple, optional
        The values allowed.

    Returns
    -------
    attrs field
    """
    kind = type(default)

    def fits(value: Any) -> bool:
        if kind is float:
            return isinstance(value, int | float) and not isinstance(value, bool)
        if kind is int:
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, kind)

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        where = f"{type(instance).__name__}.{attribute.name}"
        if not fits(value):
            raise ConfigError(
                f"{where} = {value!r} is of type {type(value).__name__}; "
                f"give a value of type {kind.__name__}."
            )
        if choices is not None and value not in choices:
            allowed = ", ".join(map(repr, choices))
            raise ConfigError(f"{where} = {value!r} is not allowed; choose one of {allowed}.")
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            below = minimum is not None and number < minimum
            above = maximum is not None and number > maximum
            if below or above or not math.isfinite(number):
                low = "-inf" if minimum is None else f"{minimum:g}"
                high = "inf" if maximum is None else f"{maximum:g}"
                label = f" {unit}" if unit else ""
                raise ConfigError(
                    f"{where} = {value!r} is out of range; give {low} to {high}{label}."
                )

    def convert(value: Any) -> Any:
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if kind is tuple and isinstance(value, list):
            return tuple(value)
        return value

    return attrs.field(
        default=default,
        validator=check,
        converter=convert,
        metadata={
            "help": help,
            "unit": unit,
            "minimum": minimum,
            "maximum": maximum,
            "choices": choices,
        },
    )


def as_tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    """Converter of attrs fields that hold a tuple (`tuple` itself is generic, mypy refuses it)."""
    return tuple(values)


@attrs.frozen
class NoConfig:
    """The config of a component that has nothing to configure."""


def config_fields(cls: type) -> list[dict[str, Any]]:
    """What can be set in a config class, a JSON-ready dictionary for each field.

    Returns
    -------
    list of dict
        ``name``, ``default``, ``help``, ``unit``, ``minimum``, ``maximum``, ``choices``; the last
        four are empty or None where a field has none.
    """
    defaults = config_to_dict(cls())
    nothing = {"help": "", "unit": "", "minimum": None, "maximum": None, "choices": None}
    fields = []
    for field in attrs.fields(cls):
        said = {key: field.metadata.get(key, empty) for key, empty in nothing.items()}
        choices = said["choices"]
        said["choices"] = None if choices is None else list(choices)
        fields.append({"name": field.name, "default": defaults[field.name], **said})
    return fields


def config_to_dict(config: Any) -> dict[str, Any]:
    """The fields of a config as a JSON-ready dictionary (tuples become lists)."""
    plain = attrs.asdict(config)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}


def config_from_dict(cls: type, values: Mapping[str, Any]) -> Any:
    """Build a config of class `cls`, refusing unknown fields.

    Parameters
    ----------
    cls : type
        An attrs class whose fields were made with :func:`setting`.
    values : mapping
        Field names and values; missing fields take their defaults.

    Raises
    ------
    ConfigError
        If a field is unknown, has the wrong type or is out of range.
    """
    known = [field.name for field in attrs.fields(cls)]
    for name in values:
        if name not in known:
            fields = f"its fields are {', '.join(known)}" if known else "it has none at all"
            raise ConfigError(f"{cls.__name__} has no field {name!r}; {fields}.")
    return cls(**values)
