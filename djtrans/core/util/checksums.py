"""Checksums of the files of a folder, ``SHA256SUMS``, as ``sha256sum --check`` reads them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from djtrans.core.util.atomic_files import write_text

#: Lists the hash of every other file of the folder; written last.
SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def folder_hashes(folder: Path) -> dict[str, str]:
    """Hash each file of a folder, by its path within it, without hidden files."""
    files = {file.relative_to(folder): file for file in sorted(folder.rglob("*"))}
    return {
        name.as_posix(): file_hash(file)
        for name, file in files.items()
        if file.is_file() and not any(part.startswith(".") for part in name.parts)
    }


def write_checksums(folder: Path) -> None:
    """Write the hashes of all files of a folder into it."""
    hashes = folder_hashes(folder)
    hashes.pop(SUMS, None)
    lines = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
    write_text(folder / SUMS, lines)


def read_checksums(folder: Path) -> dict[str, str]:
    """Read the hashes that a folder's files had when they were written; empty if there are none."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found = [_LINE.fullmatch(line) for line in lines]
    return {match[2]: match[1] for match in found if match} if all(found) else {}


def find_damage(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    """Compare the hashes of files with those that they had when they were written.

    Parameters
    ----------
    expected, found : mapping of str to str
        Hash of each file by its path; those of which none is expected are not looked at.

    Returns
    -------
    str
        Which files are missing or have other content; empty if none.
    """
    missing = [name for name in expected if name not in found]
    changed = [name for name, digest in expected.items() if found.get(name, digest) != digest]
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"changed: {', '.join(changed)}"] if changed else []
    return "; ".join(parts)
