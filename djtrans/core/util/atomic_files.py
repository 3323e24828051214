"""Atomic output: files and folders appear complete or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.temporary_files import aside, owned_part
from djtrans.core.util.writable import check_writable, storage_errors

#: A folder that other processes keep putting in place is given up on.
_TRIES = 5


@contextmanager
def replacing(
    path: str | os.PathLike[str], error: type[DjtransError] = InputError
) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when the block ends without an error.

    The file behind a symbolic link is replaced and the link kept; so are access rights.

    Parameters
    ----------
    path : path-like
        The file to write.
    error : type
        Exception to raise if it cannot be written.

    Yields
    ------
    Path
        The temporary file, in the same folder.

    Raises
    ------
    DjtransError
        See :func:`check_writable`.
    """
    file = check_writable(path, error)
    try:
        with owned_part(file) as part:
            with storage_errors(part):
                yield part
            if file.exists():
                shutil.copymode(file, part)
            part.replace(file)
    except OSError as problem:
        raise error(f"Cannot write {path}: {reason(problem)}") from None


@contextmanager
def replacing_folder(
    path: str | os.PathLike[str], error: type[DjtransError] = InputError
) -> Iterator[Path]:
    """Fill a folder under a temporary name and rename it when the block ends without an error.

    Parameters
    ----------
    path : path-like
        The folder to write. An existing one is replaced; missing parents are created.
    error : type
        Exception to raise if it cannot be written.

    Yields
    ------
    Path
        The temporary folder.

    Raises
    ------
    DjtransError
        If the operating system reports an error.
    """
    folder = Path(path)
    try:
        with owned_part(folder, folder=True) as part:
            yield part
            _take_place(part, folder)
    except OSError as problem:
        raise error(f"Cannot write {folder}: {reason(problem)}") from None


def _take_place(part: Path, folder: Path) -> None:
    """Rename a folder to one that may exist, which is kept until the new one is in place."""
    for last in (*[False] * (_TRIES - 1), True):
        old = aside(folder)
        # A folder that is not empty cannot be replaced in one step: it is moved aside whole.
        with suppress(FileNotFoundError):
            folder.replace(old)
        try:
            part.replace(folder)
        except OSError as problem:
            # Another process may have put the same folder in place between the two steps.
            raced = problem.errno in (errno.ENOTEMPTY, errno.EEXIST) and not last
            if old.exists() and not folder.exists():
                old.replace(folder)
            if not raced:
                raise
        else:
            return
        finally:
            if folder.exists():
                shutil.rmtree(old, ignore_errors=True)


def write_text(
    path: str | os.PathLike[str], text: str, error: type[DjtransError] = InputError
) -> None:
    """Write a text file, UTF-8; see :func:`replacing`.

    What UTF-8 cannot encode, bytes of file names in another encoding, is written as escapes.
    """
    with replacing(path, error) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")


def reason(problem: Exception) -> str:
    """Return the message of an exception as one sentence, without the path."""
    text = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    text = text.split("': ")[-1].strip().replace("\n", " ")
    return text if text.endswith(".") else text + "."
