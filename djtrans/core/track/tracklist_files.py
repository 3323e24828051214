"""Load and save tracklists as JSON files, one per mix."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import attrs

from djtrans.core.errors import DjtransError, FormatError, TracklistError
from djtrans.core.track.tracklist import UNKNOWN, Tracklist, TracklistEntry
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.json_documents import MALFORMED, read_document
from djtrans.core.util.names import slug, words
from djtrans.core.util.output_files import make_folder

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


def _second_identity(tracklist: Tracklist) -> str:
    """Compute the identifier of a tracklist whose address is also that of another mix."""
    return tracklist_id(json.dumps([tracklist.url, *map(str, tracklist.entries)]))


def file_name(tracklist: Tracklist, id_: str = "") -> str:
    """Return a portable file name: the title in letters of its script, a dash and the identifier.

    Parameters
    ----------
    tracklist : Tracklist
    id_ : str
        Identifier instead of :func:`identity`.

    Examples
    --------
    >>> mix = Tracklist(title="Ünder / Кино: *live*", entries=[TracklistEntry(title="ID")])
    >>> file_name(mix).rpartition("-")[0]
    'under-кино-live'
    """
    return f"{slug(tracklist.title) or 'mix'}-{id_ or identity(tracklist)}.json"


def find_tracklist(folder: str | os.PathLike[str], id_: str) -> Path | None:
    """Find the file of a mix in a folder, or return None."""
    found = Path(folder).glob(f"*-{id_}.json")
    return min((path for path in found if not path.name.startswith(".")), default=None)


def find_same(tracklist: Tracklist, folder: str | os.PathLike[str]) -> Path | None:
    """Find the file of a tracklist's mix in a folder, or return None.

    An address does not suffice: a link that stands in many descriptions is not that of one mix. At
    least half of the tracks must be the same.
    """
    for id_ in (identity(tracklist), _second_identity(tracklist)):
        known = find_tracklist(folder, id_)
        if known is not None and _same_mix(tracklist, known):
            return known
    return None


def _same_mix(tracklist: Tracklist, known: Path) -> bool:
    try:
        other = load_tracklist(known)
    except DjtransError:
        return True  # corrected by hand, and not yet valid: it is not written again
    first, second = (
        {words(str(entry)) for entry in each.entries} - {words(UNKNOWN)}
        for each in (tracklist, other)
    )
    if not (first and second):
        return words(tracklist.title) == words(other.title)
    return 2 * len(first & second) >= min(len(first), len(second))


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
    where = make_folder(folder)
    taken = find_tracklist(where, identity(tracklist))
    other = taken is not None and not _same_mix(tracklist, taken)
    path = where / file_name(tracklist, _second_identity(tracklist) if other else "")
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
    except (*MALFORMED, TracklistError) as error:
        raise FormatError(f"{file} is not a valid tracklist: {error}") from None
