"""Atomic output: files and folders appear complete or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from djtrans.core.errors import DjtransError, InputError


@contextmanager
def replacing(
    path: str | os.PathLike[str], error: type[DjtransError] = InputError
) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when the block ends without an error.

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
        If the path is a folder, or its folder is missing or not writable.
    """
    file = Path(path)
    if file.is_dir():
        raise error(f"Cannot write {file}: it is a folder; give a file name.")
    if not file.parent.is_dir():
        raise error(f"Cannot write {file}: folder {file.parent} does not exist; create it first.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise error(f"Cannot write {file}: folder {file.parent} is not writable; choose another.")
    part = file.parent / f".{file.stem[:80]}-{uuid.uuid4().hex[:8]}.part"
    try:
        yield part
        part.replace(file)
    except OSError as problem:
        raise error(f"Cannot write {file}: {reason(problem)}") from None
    finally:
        part.unlink(missing_ok=True)


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
    mark = uuid.uuid4().hex[:8]
    part, old = (folder.parent / f".{folder.name}-{mark}.{end}" for end in ("part", "old"))
    try:
        part.mkdir(parents=True)
        yield part
        # A folder that is not empty cannot be replaced in one step: it is moved aside whole.
        if folder.exists():
            folder.replace(old)
        part.replace(folder)
    except OSError as problem:
        raise error(f"Cannot write {folder}: {reason(problem)}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_text(
    path: str | os.PathLike[str], text: str, error: type[DjtransError] = InputError
) -> None:
    """Write a text file, UTF-8; see :func:`replacing`."""
    with replacing(path, error) as part:
        part.write_text(text, encoding="utf-8")


def reason(problem: Exception) -> str:
    """Return the message of an exception as one sentence, without the path."""
    text = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    text = text.split("': ")[-1].strip().replace("\n", " ")
    return text if text.endswith(".") else text + "."
