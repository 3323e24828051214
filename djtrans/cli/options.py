"""Options that several commands share."""

from __future__ import annotations

from typing import Any

import click

settings_option = click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="NAME=VALUE",
    help=(
        "Set NODE.FIELD of the mixer, separator.FIELD or technique.FIELD; NODE=EFFECT puts "
        "another effect there. Repeatable."
    ),
)


class _NumberOrAuto(click.ParamType):
    """A whole number, or the word ``auto``."""

    name = "number|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, int) or value == "auto":
            return value
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a whole number nor auto.", param, ctx)


NUMBER_OR_AUTO = _NumberOrAuto()
