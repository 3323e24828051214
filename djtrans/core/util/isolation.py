"""Run code of plugins: exceptions are errors of djtrans, and folder and streams are kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from djtrans.core.errors import DjtransError, PluginError


@contextmanager
def isolated(label: str, error: type[DjtransError] = PluginError) -> Iterator[None]:
    """Raise an error of djtrans for any exception of the block, and keep folder and streams.

    Parameters
    ----------
    label : str
        Name of the component, for the message.
    error : type
        Exception to raise.

    Raises
    ------
    DjtransError
        If the block fails or exits. Errors of djtrans and KeyboardInterrupt are raised as they are.
    """
    try:
        with same_surroundings():
            yield
    except (DjtransError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as problem:
        text = " ".join(str(problem).split())
        why = f"{type(problem).__name__}: {text}" if text else type(problem).__name__
        raise error(
            f"{label} failed with {why}; report it to its author, or use another."
        ) from problem


@contextmanager
def same_surroundings() -> Iterator[None]:
    """Return to the working folder after the block, and replace output streams that it closed.

    Relative paths of results depend on the folder. ``with open(os.devnull, "w") as sys.stderr``,
    by which libraries are silenced, leaves a stream that is closed.
    """
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    try:
        folder = os.getcwd()
    except OSError:  # it was removed, so that no relative path names anything
        folder = ""
    try:
        yield
    finally:
        if folder:
            with suppress(OSError):
                os.chdir(folder)
        for descriptor, (name, before) in enumerate(streams.items(), 1):
            if _is_closed(getattr(sys, name)):
                usable = _stream(descriptor) if _is_closed(before) else before
                setattr(sys, name, usable)


def _is_closed(stream: object) -> bool:
    return bool(getattr(stream, "closed", False))


def _stream(descriptor: int) -> TextIO:
    """Open a standard descriptor, which a stream of Python leaves open, or the null device."""
    try:
        os.fstat(descriptor)
        return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    except OSError:
        return open(os.devnull, "w", encoding="utf-8")
