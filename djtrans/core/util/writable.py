"""Check that files can be written: links, access rights and free space."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from djtrans.core.errors import DjtransError, InputError

#: Free space in bytes below which no output is begun.
_LEAST_FREE = 1 << 16


def target_of(path: str | os.PathLike[str]) -> Path:
    """Return the file that a path names, with ``~`` expanded and symbolic links followed."""
    file = Path(os.path.expanduser(path))
    return Path(os.path.realpath(file)) if file.is_symlink() else file


def check_writable(path: str | os.PathLike[str], error: type[DjtransError] = InputError) -> Path:
    """Raise if a file cannot be written.

    Parameters
    ----------
    path : path-like
        The file to write.
    error : type
        Exception to raise.

    Returns
    -------
    Path
        See :func:`target_of`.

    Raises
    ------
    DjtransError
        If the path is a folder, a device or write-protected, its folder is missing or not
        writable, or the disk is full.
    """
    try:
        file = target_of(path)
        if why := _obstacle(file):
            raise error(f"Cannot write {path}: {why}")
    except DjtransError:
        raise
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise error(f"Cannot write {path}: {why}.") from None
    return file


def _obstacle(file: Path) -> str:
    """Describe what prevents a file from being written; empty if nothing does."""
    folder = file.parent
    if "\0" in str(file):
        return "its name has a null character; give another."
    if file.is_dir():
        return "it is a folder; give a file name."
    if file.is_symlink():
        return "it is a symbolic link to itself; remove it or choose another name."
    # A rename would replace the device, such as /dev/null, by a file.
    if file.exists() and not file.is_file():
        return "it is not a regular file; give the name of a file."
    if not folder.is_dir():
        return f"folder {folder} does not exist; create it first."
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"folder {folder} is not writable; choose another."
    if file.exists() and not os.access(file, os.W_OK):
        return "it is write-protected; choose another name."
    if shutil.disk_usage(folder).free < _LEAST_FREE:
        return f"{os.strerror(errno.ENOSPC)}; free some, or choose another folder."
    return ""


@contextmanager
def storage_errors(file: Path) -> Iterator[None]:
    """Raise the error of the operating system if a file cannot grow.

    libsndfile, safetensors and torch report a full disk in words of their own.

    Parameters
    ----------
    file : Path
        File that is written within the block.

    Raises
    ------
    OSError
        If writing failed, and cannot be continued.
    """
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        # safetensors quotes the number of the error, as Rust does.
        if quoted := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(quoted[1]), os.strerror(int(quoted[1]))) from None
        if problem := _storage_error(file):
            raise problem from None
        raise


def _storage_error(file: Path) -> OSError | None:
    """Return the error with which appending to a file fails, or None."""
    if not file.exists():
        return None
    try:
        with file.open("ab") as stream:
            stream.write(bytes(_LEAST_FREE))
    except OSError as problem:
        return problem
    return None
