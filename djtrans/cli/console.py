"""Print errors and warnings of the command on stderr."""

from __future__ import annotations

import sys
import warnings
from typing import NoReturn

import click


def print_error(message: str) -> None:
    """Print an error on one line."""
    click.echo("djtrans: error: " + " ".join(message.split()), err=True)


def fail(message: str) -> NoReturn:
    """Print an error on one line and exit with 2."""
    print_error(message)
    sys.exit(2)


def counted(number: int, noun: str) -> str:
    """Format a number and its noun: ``1 pair``, ``2 pairs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def show_warnings() -> None:
    """Print each warning on one line, without its location in the code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        click.echo("djtrans: warning: " + " ".join(str(message).split()), err=True)

    warnings.showwarning = show
    # A user of the command cannot act on deprecations inside its dependencies.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)
