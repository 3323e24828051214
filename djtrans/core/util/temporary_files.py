"""Temporary files and folders that belong to one process for as long as it lives.

A temporary path is named ``.<name>-<mark>.part``. The process that fills it holds an advisory lock
on it, which the operating system releases when the process ends, however it ends. So another run
can distinguish what is being written from what a killed run left.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PART = re.compile(r"\..+-[0-9a-f]{8}\.part")
_OLD = re.compile(r"\.(?P<name>.+)-[0-9a-f]{8}\.old")
#: Age of a leftover where the file system has no locks; nothing takes that long to write.
_STALE_SECONDS = 3600.0
#: A new name is needed only if another run takes a path for abandoned before it is locked.
_TRIES = 20
#: In bytes: file systems allow 255 for a name, of which the mark and the ends take some.
_LONGEST_NAME = 160


@contextmanager
def owned_part(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """Create a temporary file or folder beside a path, owned by this process inside the block.

    Parameters
    ----------
    target : Path
        What it will be renamed to.
    folder : bool
        Create a folder instead of a file.

    Yields
    ------
    Path
        Removed at the end, unless it was renamed.
    """
    part, lock = _create(target, folder)
    try:
        yield part
    finally:
        _remove(part)
        if lock is not None:
            os.close(lock)


def aside(target: Path) -> Path:
    """Return a new name for a folder that is moved aside, see :func:`remove_abandoned`."""
    return target.parent / f".{target.name}-{uuid.uuid4().hex[:8]}.old"


def remove_abandoned(folder: Path) -> None:
    """Remove what dead processes left half-written, and restore what they had moved aside."""
    for path in sorted(folder.glob(".*")):
        if _PART.fullmatch(path.name):
            remove_if_abandoned(path)
        elif match := _OLD.fullmatch(path.name):
            original = folder / match["name"]
            # A process that ended between two renames left the only copy under this name.
            if original.exists():
                _remove(path)
            else:
                path.replace(original)


def remove_if_abandoned(path: Path) -> bool:
    """Remove a temporary path unless a living process owns it; return True if it was removed."""
    try:
        lock = _lock(path)
    except OSError:
        return False
    if lock is None and not _is_stale(path):
        return False
    _remove(path)
    if lock is not None:
        os.close(lock)
    return True


def is_abandoned(path: Path) -> bool:
    """Return True if no living process owns a temporary path."""
    try:
        lock = _lock(path)
    except OSError:
        return False
    if lock is None:
        return _is_stale(path)
    os.close(lock)
    return True


def _create(target: Path, folder: bool) -> tuple[Path, int | None]:
    name = os.fsdecode(os.fsencode(target.name if folder else target.stem)[:_LONGEST_NAME])
    for _ in range(_TRIES):
        part = target.parent / f".{name}-{uuid.uuid4().hex[:8]}.part"
        if folder:
            part.mkdir(parents=True)
        else:
            part.touch(exist_ok=False)
        try:
            lock = _lock(part)
        except OSError:
            continue  # another run is removing it
        if lock is None or _is_open(part, lock):
            return part, lock
        os.close(lock)
    raise OSError(f"another program removes the temporary files beside {target}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_stale(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _STALE_SECONDS
    except OSError:
        return False


def _is_open(path: Path, handle: int) -> bool:
    """Return True if a path is still the file that was opened."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except OSError:
        return False


if sys.platform == "win32":

    def _lock(path: Path) -> int | None:
        return None  # an open file cannot be removed there

else:
    import fcntl

    def _lock(path: Path) -> int | None:
        """Lock a path and return its descriptor; None where the file system has no locks.

        Raises
        ------
        OSError
            If another process holds the lock, or the path is gone.
        """
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise
        except OSError:
            os.close(handle)
            return None
        return handle
