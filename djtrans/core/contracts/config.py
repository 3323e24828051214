"""Configs of components: flat frozen attrs classes with validated fields that have defaults.

Their fields are created with :func:`setting`, whose help, unit and range are used by the command
line, the documentation and the error messages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from djtrans.core.errors import ConfigError, InputError

#: Largest random seed that all random generators take.
LARGEST_SEED = 2**63 - 1


def setting(
    default: Any,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """Create a validated field of a config class.

    Parameters
    ----------
    default : int, float, bool, str or tuple
        Default value; its type is the type of the field (a float field also accepts an int).
    help : str
        Description in one sentence.
    unit : str
        Unit of the value. Repeat it in the field's name, as in ``decay_seconds``.
    minimum, maximum : float, optional
        Inclusive bounds of a number or of each number of a tuple.
    choices : tuple, optional
        Allowed values.

    Returns
    -------
    attrs field

    Examples
    --------
    >>> import attrs, djtrans
    >>> @attrs.frozen
    ... class EchoConfig:
    ...     decay_seconds: float = djtrans.setting(
    ...         1.5, "Time to -60 dB.", unit="s", minimum=0.1, maximum=10.0
    ...     )
    >>> EchoConfig(decay_seconds=20.0)
    Traceback (most recent call last):
    ...
    djtrans.core.errors.ConfigError: EchoConfig.decay_seconds = 20.0 is out of range; ...

    See Also
    --------
    djtrans.EffectDeclaration : Declaration with a config class.
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
                low = "-inf" if minimum is None else _text(minimum)
                high = "inf" if maximum is None else _text(maximum)
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


def _text(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def check_seed(seed: object) -> None:
    """Raise if a value is not a seed: an integer from 0 to :data:`LARGEST_SEED`.

    Raises
    ------
    InputError
        If it is not.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"seed = {seed!r} is not allowed; give an integer, 0 to {LARGEST_SEED}.")


def as_tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    """Convert to a tuple: converter of attrs fields (mypy rejects the generic `tuple` itself)."""
    return tuple(values)


@attrs.frozen
class NoConfig:
    """Config without fields."""


def config_fields(cls: type) -> list[dict[str, Any]]:
    """Describe the fields of a config class as JSON-ready dictionaries.

    Returns
    -------
    list of dict
        One for each field: ``name``, ``default``, ``help``, ``unit``, ``minimum``, ``maximum``,
        ``choices``; the last four are empty or None if unset.
    """
    defaults = config_to_dict(cls())
    unset = {"help": "", "unit": "", "minimum": None, "maximum": None, "choices": None}
    fields = []
    for field in attrs.fields(cls):
        metadata = {key: field.metadata.get(key, empty) for key, empty in unset.items()}
        choices = metadata["choices"]
        metadata["choices"] = None if choices is None else list(choices)
        fields.append({"name": field.name, "default": defaults[field.name], **metadata})
    return fields


def config_to_dict(config: Any) -> dict[str, Any]:
    """Convert a config to a JSON-ready dictionary (tuples become lists)."""
    plain = attrs.asdict(config)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}


def config_from_dict(cls: type, values: Mapping[str, Any]) -> Any:
    """Create a config from a mapping; unknown fields are an error.

    Parameters
    ----------
    cls : type
        Config class.
    values : mapping
        Values by field name; missing fields have their defaults.

    Raises
    ------
    ConfigError
        If a field is unknown, has the wrong type or is out of range.
    """
    known = [field.name for field in attrs.fields(cls)]
    for name in values:
        if name not in known:
            fields = f"its fields are {', '.join(known)}" if known else "it has no fields"
            raise ConfigError(f"{cls.__name__} has no field {name!r}; {fields}.")
    return cls(**values)
