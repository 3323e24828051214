"""Options that several commands share."""

from __future__ import annotations

import click

settings_option = click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="NAME=VALUE",
    help=(
        "Set NODE.FIELD of the mixer, separator.FIELD, technique.FIELD or scheduler.FIELD; "
        "NODE=EFFECT puts another effect there. Repeatable."
    ),
)


def number_or_auto(ctx: click.Context, param: click.Parameter, value: str) -> int | str:
    """Callback of options that take a whole number, or the word ``auto``."""
    if value == "auto":
        return value
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a whole number nor auto.") from None
