"""On-disk cache of slow computations, keyed by a hash of their inputs."""

from __future__ import annotations

import hashlib
import os
import re
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
from djtrans.core.util.json_documents import json_digest
from djtrans.core.util.temporary_files import is_abandoned

#: Size in bytes above which the least recently used entries are removed.
MAX_BYTES = 10_000_000_000

_KIND = re.compile(r"[a-z][a-z-]*")
_KEY = re.compile(r"[0-9a-f]{64}")
#: Temporary file, which a killed process may have left.
_PART = re.compile(r"\.[0-9a-f]{64}-[0-9a-f]{8}\.part")
#: Entries begin with this and the SHA-256 of the rest.
_MAGIC = b"djtrans2"
_HEADER = len(_MAGIC) + hashlib.sha256().digest_size

T = TypeVar("T")


def cache_key(**parts: Any) -> str:
    """Compute the key of an entry: the SHA-256 of everything that determines its content.

    Parameters
    ----------
    **parts
        JSON-serializable values, such as the hash of the audio and a component's qualified name,
        version and config.

    Returns
    -------
    str
        64 hexadecimal digits; the order of the arguments does not matter.
    """
    return json_digest(parts)


@attrs.frozen
class Usage:
    """Disk usage of cache entries.

    Attributes
    ----------
    entries : int
        Number of entries.
    bytes : int
        Their total size.
    """

    entries: int = 0
    bytes: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.entries + other.entries, self.bytes + other.bytes)


class Cache:
    """Folder of cache entries ``<root>/<kind>/<key>``, one file each.

    Entries are written atomically, so that several processes can share the folder, and begin with
    a checksum of their content. A damaged entry is removed with a warning, and the caller computes
    it again. If the folder is not writable, one warning is issued and results are not cached.

    Parameters
    ----------
    root : path-like
        Folder, created when the first entry is stored.
    max_bytes : int
        Size above which the least recently used entries are removed.
    """

    def __init__(self, root: str | os.PathLike[str], max_bytes: int = MAX_BYTES) -> None:
        self.root = Path(os.path.expanduser(root))
        self.max_bytes = max_bytes
        self._warned = False

    def load(self, kind: str, key: str, read: Callable[[bytes], T]) -> T | None:
        """Load an entry.

        Parameters
        ----------
        kind : str
            Lower-case name of the kind of entry, such as ``"analyses"``.
        key : str
            Result of :func:`cache_key`.
        read : callable
            Function that reads the content; any exception it raises marks the entry as damaged.

        Returns
        -------
        object or None
            None if there is no such entry or it is damaged (it is then removed).

        Warns
        -----
        UserWarning
            If it is damaged.
        """
        path = self._path(kind, key)
        if not path.is_file():
            return None
        try:
            entry = path.read_bytes()
        except OSError:
            return None  # another run has just removed it, or it cannot be read
        if entry and not entry.startswith(_MAGIC):
            _remove(path)  # written by an earlier version, without a checksum
            return None
        try:
            content = read(_checked(entry))
        except Exception as error:  # noqa: BLE001 -- any damage is a cache miss
            _remove(path)
            warnings.warn(
                f"The cache entry {path} is damaged ({reason(error).rstrip('.')}) and was removed; "
                "it is computed again.",
                stacklevel=2,
            )
            return None
        with suppress(OSError):  # a read-only folder keeps its access order
            os.utime(path)
        return content

    def store(self, kind: str, key: str, content: bytes) -> None:
        """Store an entry.

        Parameters
        ----------
        kind, key : str
            See :meth:`load`.
        content : bytes
            What :meth:`load` reads.

        Warns
        -----
        UserWarning
            Once, if entries cannot be stored.
        """
        path = self._path(kind, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                part.write_bytes(_MAGIC + hashlib.sha256(content).digest() + content)
        except Exception as error:  # noqa: BLE001 -- a full disk must not cost the result
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"Cannot write to the cache {self.root}: {reason(error)} Results are not "
                    "cached; free some space, or set DJTRANS_CACHE to another folder.",
                    stacklevel=2,
                )
            return
        self._evict()

    def load_or_make(
        self,
        kind: str,
        key: str,
        make: Callable[[], T],
        read: Callable[[bytes], T],
        write: Callable[[T], bytes],
    ) -> T:
        """Load an entry, or make and store it.

        Parameters
        ----------
        kind, key, read
            See :meth:`load`.
        make : callable
            Called if there is no entry.
        write : callable
            Function that returns the content of a result.

        Returns
        -------
        object
            What the entry holds, or what was made.
        """
        found = self.load(kind, key, read)
        if found is None:
            found = make()
            self.store(kind, key, write(found))
        return found

    def info(self) -> dict[str, Usage]:
        """Return the disk usage of each kind."""
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
            Disk usage of the removed entries.
        """
        removed = Usage()
        for path, status in self._files():
            if kind in (None, path.parent.name) and _remove(path):
                removed += Usage(1, status.st_size)
        return removed

    def _path(self, kind: str, key: str) -> Path:
        if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
            raise InputError(
                f"{kind}/{key} is not a valid cache entry name; give a kind in lower-case letters "
                "and a key computed by cache_key()."
            )
        return self.root / kind / key

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield the cache's own files: the user may have chosen a folder with other content."""
        for path in sorted(self.root.glob("*/*")):
            if not _KIND.fullmatch(path.parent.name):
                continue
            try:
                status = path.stat()
            except OSError:
                continue  # another run has just removed it
            stale = _PART.fullmatch(path.name) and is_abandoned(path)
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
    """Return the cache in the user's cache folder, or in the folder set by ``DJTRANS_CACHE``."""
    folder = os.environ.get("DJTRANS_CACHE") or platformdirs.user_cache_dir("djtrans", False)
    return _cache_at(folder)


@cache
def _cache_at(folder: str) -> Cache:
    return Cache(folder)  # one per folder, so that its warning is issued once


def _checked(entry: bytes) -> bytes:
    """Return the content of an entry, or raise if its checksum differs."""
    content = entry[_HEADER:]
    if hashlib.sha256(content).digest() != entry[len(_MAGIC) : _HEADER]:
        raise ValueError("its checksum differs")
    return content


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
