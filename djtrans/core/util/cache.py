"""What took long to compute, kept in files named after everything that decides the content."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import attrs
import platformdirs

from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import reason, replacing

#: How large the cache grows before the entries that were used longest ago are removed.
MAX_BYTES = 10_000_000_000

_KIND = re.compile(r"[a-z][a-z-]*")
_KEY = re.compile(r"[0-9a-f]{64}")
#: What a killed process left of an entry; nobody writes one for longer than an hour.
_PART = re.compile(r"\.[0-9a-f]{64}-[0-9a-f]{8}\.part")
_STALE_SECONDS = 3600.0

T = TypeVar("T")


def cache_key(**parts: Any) -> str:
    """Key of an entry: the SHA-256 of everything that decides its content.

    Parameters
    ----------
    **parts
        Values that JSON can hold: the hash of the audio, a component's qualified name and version,
        its config as a dictionary.

    Returns
    -------
    str
        64 hexadecimal digits; the order of the arguments does not matter.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@attrs.frozen
class Usage:
    """How much there is of a kind.

    Attributes
    ----------
    entries : int
    bytes : int
    """

    entries: int = 0
    bytes: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.entries + other.entries, self.bytes + other.bytes)


class Cache:
    """A folder of entries, ``<root>/<kind>/<key>``, one file each.

    An entry appears whole or not at all, so that two runs can share the folder. One that cannot be
    read is removed, and computed again by whoever asked. Where nothing can be written, a warning
    says so once and the work goes on without.

    Parameters
    ----------
    root : path-like
        Made when the first entry is stored.
    max_bytes : int
        Above this the entries used longest ago are removed.
    """

    def __init__(self, root: str | os.PathLike[str], max_bytes: int = MAX_BYTES) -> None:
        self.root = Path(root).expanduser()
        self.max_bytes = max_bytes
        self._warned = False

    def load(self, kind: str, key: str, read: Callable[[Path], T]) -> T | None:
        """What is stored under a key.

        Parameters
        ----------
        kind : str
            A short name in lower case: ``"analyses"``.
        key : str
            Of :func:`cache_key`.
        read : callable
            Reads the file; whatever it raises means that the entry is damaged.

        Returns
        -------
        object or None
            None where there is no such entry, or it was damaged (and is removed now).
        """
        path = self._path(kind, key)
        if not path.is_file():
            return None
        try:
            content = read(path)
        except Exception:  # noqa: BLE001 -- damaged in whatever way: as good as absent
            _remove(path)
            return None
        with suppress(OSError):  # in a folder that is only read, entries do not age
            os.utime(path)
        return content

    def store(self, kind: str, key: str, write: Callable[[Path], object]) -> None:
        """Keep a result under a key.

        Parameters
        ----------
        kind : str
        key : str
        write : callable
            Writes the file of the given name, which is not the final one and has no suffix that
            tells a format.

        Warns
        -----
        UserWarning
            Once, if it cannot be stored.
        """
        path = self._path(kind, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                write(part)
        except Exception as error:  # noqa: BLE001 -- a full disk must not cost the result
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"Nothing can be kept in the cache {self.root}: {reason(error)} Everything is "
                    "computed anew; free some space, or set DJTRANS_CACHE to another folder.",
                    stacklevel=2,
                )
            return
        self._evict()

    def info(self) -> dict[str, Usage]:
        """Entries and bytes by kind."""
        usage: dict[str, Usage] = {}
        for path, status in self._files():
            kind = path.parent.name
            usage[kind] = usage.get(kind, Usage()) + Usage(1, status.st_size)
        return usage

    def clear(self, kind: str | None = None) -> Usage:
        """Remove all entries, or those of one kind.

        Returns
        -------
        Usage
            What was removed.
        """
        removed = Usage()
        for path, status in self._files():
            if kind in (None, path.parent.name) and _remove(path):
                removed += Usage(1, status.st_size)
        return removed

    def _path(self, kind: str, key: str) -> Path:
        if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
            raise InputError(
                f"{kind}/{key} cannot name a cache entry; give a kind in lower-case letters and a "
                "key of cache_key()."
            )
        return self.root / kind / key

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """What is ours in the folder: a user may have named one that holds other things too."""
        for path in sorted(self.root.glob("*/*")):
            if not _KIND.fullmatch(path.parent.name):
                continue
            try:
                status = path.stat()
            except OSError:
                continue  # another run has just removed it
            stale = _PART.fullmatch(path.name) and time.time() - status.st_mtime > _STALE_SECONDS
            if _KEY.fullmatch(path.name) or stale:
                yield path, status

    def _evict(self) -> None:
        files = sorted(self._files(), key=lambda file: file[1].st_mtime)
        size = sum(status.st_size for _, status in files)
        for path, status in files:
            if size <= self.max_bytes:
                return
            _remove(path)
            size -= status.st_size


def default_cache() -> Cache:
    """The cache in the user's cache folder, or in the folder that ``DJTRANS_CACHE`` names."""
    folder = os.environ.get("DJTRANS_CACHE") or platformdirs.user_cache_dir("djtrans", False)
    return _cache_at(folder)


@cache
def _cache_at(folder: str) -> Cache:
    return Cache(folder)  # one for each folder, so that its warning comes once


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
