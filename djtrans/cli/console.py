"""Standard streams of the command: errors, warnings, and results that programs read."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import NoReturn

import click


def print_error(message: str) -> None:
    """Print an error on one line."""
    click.echo("djtrans: error: " + " ".join(message.split()), err=True)


def fail(message: str) -> NoReturn:
    """Print an error on one line and exit with 2; after ``-v``, where it was raised comes first."""
    if is_verbose() and sys.exc_info()[0] is not None:
        traceback.print_exc()
    print_error(message)
    sys.exit(2)


def counted(number: int, noun: str) -> str:
    """Format a number and its noun: ``1 pair``, ``2 pairs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(document: object) -> None:
    """Print the JSON document of ``--json``: one on stdout, indented, in ASCII."""
    click.echo(json.dumps(document, indent=1))


def open_closed_streams() -> None:
    """Connect standard streams that are closed to the null device.

    Python has no object for them, and the next file that is opened would take the descriptor, to
    which libraries print.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def tolerate_any_text() -> None:
    """Print characters that a console cannot encode as escapes, instead of failing.

    Consoles with a code page lack most characters, and file names may have bytes that no encoding
    maps to characters.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def results_only(active: bool = True) -> Iterator[None]:
    """Redirect stdout to stderr, so that what plugins print is not mixed with JSON.

    Child processes and libraries that print by themselves are redirected, too.

    Parameters
    ----------
    active : bool
        False: redirect nothing.
    """
    if not active:
        yield
        return
    with _redirected_descriptor(), redirect_stdout(sys.stderr):
        yield


@contextmanager
def _redirected_descriptor() -> Iterator[None]:
    """Redirect the file descriptor of stdout to that of stderr."""
    out, err = 1, 2
    sys.stdout.flush()
    kept = os.dup(out)
    try:
        os.dup2(err, out)
        yield
    finally:
        os.dup2(kept, out)
        os.close(kept)


def show_warnings() -> None:
    """Print each warning on one line without its place in the code, and no logs of libraries."""
    shown: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        line = " ".join(str(message).split())
        if line not in shown:
            shown.add(line)
            click.echo(f"djtrans: warning: {line}", err=True)

    warnings.showwarning = show
    # A user of the command cannot act on deprecations inside its dependencies.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)
    # Nor on what they log, which Python prints if no program has chosen where it goes.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger("djtrans").setLevel(logging.WARNING)


def silence_warnings() -> None:
    """Print no warnings, for ``--quiet``; errors are printed still."""
    warnings.simplefilter("ignore")


def be_verbose() -> None:
    """Print what libraries log, for ``-v``; steps and errors are printed in detail, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("djtrans: log: %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("djtrans").setLevel(logging.INFO)


def is_verbose() -> bool:
    """Return True after :func:`be_verbose`."""
    return logging.getLogger("djtrans").isEnabledFor(logging.INFO)
