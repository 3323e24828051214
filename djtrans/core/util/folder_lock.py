"""Lock of a folder: one run at a time writes to it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import reason, write_text
from djtrans.core.util.json_documents import MALFORMED, read_json
from djtrans.core.util.output_files import make_folder

#: Held by the operating system for the process, so that it is free once that has ended.
LOCK = ".djtrans.lock"
#: Process that holds the lock; a file of its own, as contenders may empty the other.
OWNER = ".djtrans.owner"


@contextmanager
def folder_lock(folder: str | os.PathLike[str], work: str) -> Iterator[None]:
    """Hold a folder for this process inside the block.

    The lock of a process that was killed is free at once.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    work : str
        What this process does with it, such as ``"djtrans prepare"``; for the other's message.

    Raises
    ------
    InputError
        If another process holds it, or the folder cannot be written to.
    """
    target = make_folder(folder)
    lock = FileLock(target / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            f"{target} is in use by {_owner(target)}; wait until that has ended, or give another "
            "folder."
        ) from None
    except OSError as error:
        raise InputError(
            f"Cannot write to the folder {target}: {reason(error)} Give another folder."
        ) from None
    try:
        record = {"pid": os.getpid(), "host": socket.gethostname(), "work": work}
        write_text(target / OWNER, json.dumps(record) + "\n")
        yield
    finally:
        (target / OWNER).unlink(missing_ok=True)
        lock.release()


def _owner(folder: Path) -> str:
    try:
        record = read_json(folder / OWNER)
        return f"{record['work']} (process {record['pid']} on {record['host']})"
    except (OSError, *MALFORMED):
        return "another process"  # which has not written the record yet
