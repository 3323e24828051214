"""Content of a folder at a moment, by name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from pathlib import Path

#: Digest of a folder that can be compared, by paths below it.
Snapshot = dict[str, str]
#: Files by which runs exclude each other, which are no results.
_LOCKS = (".djtrans.lock", ".djtrans.owner")


def snapshot(folder: Path) -> Snapshot:
    """Hash every file below a folder; links are followed by nobody."""
    found: Snapshot = {}
    for root, folders, files in os.walk(folder):
        for name in [*files, *(f for f in folders if os.path.islink(os.path.join(root, f)))]:
            path = Path(root, name)
            if name not in _LOCKS:
                found[os.path.relpath(path, folder)] = digest(path)
    return found


def digest(path: Path) -> str:
    """Hash a file, or name the target of a link."""
    if path.is_symlink():
        return f"link to {os.fsencode(os.readlink(path))!r}"
    if not path.is_file():
        return "special"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def within(name: str, places: Collection[str]) -> bool:
    """Return True if a path is one of the places, or below one."""
    return any(name == place or name.startswith(f"{place}{os.sep}") for place in places)


def is_temporary(name: str) -> bool:
    """Return True if a path names, or lies in, something half made."""
    return any(part.endswith((".part", ".old", ".tmp")) for part in Path(name).parts)
