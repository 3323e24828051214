"""Collect the messages of C libraries, which print to stderr and have no option against it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
#: Bytes that a pipe holds on Linux; what is printed beyond is dropped.
_LIMIT = 1 << 16


@contextmanager
def collected_messages(lines: list[str]) -> Iterator[bool]:
    """Append the lines that native code prints to stderr to a list, instead of showing them.

    The file descriptor belongs to the whole process, so nothing is redirected while other threads
    run, which may print meanwhile.

    Parameters
    ----------
    lines : list of str
        Gets the lines, without empty ones.

    Yields
    ------
    bool
        True if lines are collected.
    """
    if threading.active_count() > 1 or os.name != "posix":
        yield False
        return
    try:
        kept = os.dup(_STDERR)
    except OSError:  # stderr is closed
        yield False
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    os.dup2(writer, _STDERR)
    os.close(writer)
    try:
        yield True
    finally:
        os.dup2(kept, _STDERR)  # and closes the pipe for writing
        os.close(kept)
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read(_LIMIT).decode(errors="replace")
        lines += [line.strip() for line in text.splitlines() if line.strip()]
