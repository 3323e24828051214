"""Errors and warnings of the command on stderr."""

from __future__ import annotations

import sys
import warnings
from typing import NoReturn

import click


def say_error(message: str) -> None:
    """Print an error on one line."""
    click.echo("djtrans: error: " + " ".join(message.split()), err=True)


def fail(message: str) -> NoReturn:
    """Print an error on one line and exit with 2."""
    say_error(message)
    sys.exit(2)


def counted(number: int, noun: str) -> str:
    """A number and its noun: ``1 pair``, ``2 pairs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def show_warnings() -> None:
    """Print warnings on one line each, without the place in the code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        click.echo("djtrans: warning: " + " ".join(str(message).split()), err=True)

    warnings.showwarning = show
    # What a dependency thinks of its own dependencies is nothing a user can act on.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)
