"""Command-line options shared by several commands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import attrs
import click

from djtrans.cli.value_types import ListedOption
from djtrans.core.errors import InputError
from djtrans.pipeline.options import DEFAULT_ANALYZER

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

analyzer_option = click.option(
    "--analyzer",
    cls=ListedOption,
    default=DEFAULT_ANALYZER,
    show_default=True,
    help="Name of an analyzer.",
)

settings_option = click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="NAME=VALUE",
    help=(
        "Set NODE.FIELD of the mixer, separator.FIELD, technique.FIELD or scheduler.FIELD; "
        "NODE=EFFECT replaces the effect of a node. Repeatable."
    ),
)


def number_or_auto(ctx: click.Context, param: click.Parameter, value: str) -> int | str:
    """Parse a whole number or ``auto`` (a click callback)."""
    if value == "auto":
        return value
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a whole number nor auto.") from None


def record_options(record: type, *, skip: Collection[str] = ()) -> Callable[[F], F]:
    """Add an option for each field of an options record, with its type, default and help.

    Parameters
    ----------
    record : type
        An attrs class, whose fields have the metadata ``help`` and ``metavar``.
    skip : collection of str
        Fields without an option.
    """

    def decorate(command: F) -> F:
        for field in reversed(attrs.fields(record)):
            if field.name not in skip:
                command = _option(field)(command)
        return command

    return decorate


def read_record(record: Callable[..., R], /, **values: Any) -> R:
    """Create an options record; errors name options as they are on the command line.

    Examples
    --------
    >>> from djtrans.pipeline.options import GenerateOptions
    >>> try:
    ...     read_record(GenerateOptions, keep_a=2.0)
    ... except InputError as error:
    ...     print(error)
    --keep-a 2.0 is out of range; give 0 to 1.
    """
    try:
        return record(**values)
    except InputError as error:
        name, equals, rest = str(error).partition(" = ")
        if equals and name in values:
            raise type(error)(f"--{name.replace('_', '-')} {rest}") from None
        raise


def _option(field: attrs.Attribute[Any]) -> Callable[[F], F]:
    name, help_text = f"--{field.name.replace('_', '-')}", field.metadata["help"]
    types = {part.strip() for part in str(field.type).split("|")} - {"None"}
    if types == {"bool"}:
        return click.option(name, is_flag=True, default=field.default, help=help_text)
    return click.option(
        name,
        cls=ListedOption,
        type={"int": int, "float": float}.get("".join(types), str),
        callback=number_or_auto if types == {"int", "str"} else None,
        default=field.default,
        show_default=field.default is not None,
        metavar=field.metadata["metavar"],
        help=help_text,
    )
