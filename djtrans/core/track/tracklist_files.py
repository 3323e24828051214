"""Load and save tracklists as JSON files, one per mix."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import attrs

from djtrans.core.errors import FormatError, InputError, TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.core.util.atomic_files import reason, write_text
from djtrans.core.util.json_documents import read_document
from djtrans.core.util.names import slug

FORMAT = "djtrans-tracklist"
FORMAT_VERSION = 1

_ID_DIGITS = 12


def tracklist_id(url: str) -> str:
    """Compute the identifier of a mix: 12 hexadecimal digits of a digest of its address."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def identity(tracklist: Tracklist) -> str:
    """Compute the identifier of a tracklist, from its content if the mix has no address."""
    if tracklist.url:
        return tracklist_id(tracklist.url)
    return tracklist_id(json.dumps([tracklist.title, *map(attrs.asdict, tracklist.entries)]))


def file_name(tracklist: Tracklist) -> str:
    """Return a portable file name: the title in letters of its script, a dash and the identifier.

    Examples
    --------
    >>> mix = Tracklist(title="Ünder / Кино: *live*", entries=[TracklistEntry(title="ID")])
    >>> file_name(mix).rpartition("-")[0]
    'under-кино-live'
    """
    return f"{slug(tracklist.title) or 'mix'}-{identity(tracklist)}.json"


def find_tracklist(folder: str | os.PathLike[str], id_: str) -> Path | None:
    """Find the file of a mix in a folder, or return None."""
    found = Path(folder).glob(f"*-{id_}.json")
    return min((path for path in found if not path.name.startswith(".")), default=None)


def save_tracklist(tracklist: Tracklist, folder: str | os.PathLike[str]) -> Path:
    """Write a tracklist into a folder, atomically.

    Parameters
    ----------
    tracklist : Tracklist
        The tracklist.
    folder : path-like
        The folder, created with its parents if missing.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    where = Path(folder)
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot make the folder {where}: {reason(error)}") from None
    path = where / file_name(tracklist)
    document = {"format": FORMAT, "format_version": FORMAT_VERSION, **attrs.asdict(tracklist)}
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return path


def load_tracklist(path: str | os.PathLike[str]) -> Tracklist:
    """Read a file written by :func:`save_tracklist`, or by hand in the same format.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it is not a tracklist file, or a field is unknown or invalid.
    """
    file = Path(path)
    document = read_document(
        file,
        FORMAT,
        FORMAT_VERSION,
        expected="tracklist; give one that 'djtrans collect' wrote",
        again="Collect it again.",
    )
    try:
        entries = [TracklistEntry(**entry) for entry in document.pop("entries")]
        return Tracklist(**document, entries=entries)
    except (KeyError, TypeError, AttributeError, TracklistError) as error:
        raise FormatError(f"{file} is not a valid tracklist: {error}") from None
