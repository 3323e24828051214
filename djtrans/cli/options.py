"""Options that several commands share."""

from __future__ import annotations

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
