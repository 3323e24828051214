"""Entries of the libraries of DJ software, and the search for that of a file."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable

import attrs

from djtrans.core.errors import LibraryError
from djtrans.core.track.corrections import TrackCorrections

#: Largest difference in seconds between the length of a file and that in a library: programs round
#: to seconds, and count silence at the ends of MP3 files differently.
_LENGTH_TOLERANCE = 2.0


@attrs.frozen(kw_only=True)
class LibraryEntry:
    """Track in the library of DJ software.

    Attributes
    ----------
    location : str
        Path of the file as the library states it, perhaps that on another computer.
    corrections : TrackCorrections
        Grid, cues and key, with times as the software counts them.
    duration_seconds : float or None
        Length, if the library states it.

    Examples
    --------
    >>> from djtrans.core import LibraryEntry, TrackCorrections
    >>> entry = LibraryEntry(location="D:/music/a.mp3", corrections=TrackCorrections(key="8A"))
    >>> entry.corrections.stated
    ('key',)
    """

    location: str
    corrections: TrackCorrections
    duration_seconds: float | None = None


def find_entry(
    entries: Iterable[LibraryEntry],
    path: str | os.PathLike[str],
    duration_seconds: float | None = None,
) -> LibraryEntry | None:
    """Find the entry of a file.

    Entries have the same file name, whatever the case. Of several, the one that shares most
    folders with the path counts. Entries of another length are left out.

    Parameters
    ----------
    entries : iterable of LibraryEntry
    path : path-like
        The file.
    duration_seconds : float, optional
        Its length.

    Returns
    -------
    LibraryEntry or None
        None if the library does not have the file.

    Raises
    ------
    LibraryError
        If several entries fit equally well and differ.

    Examples
    --------
    >>> from djtrans.core import TrackCorrections
    >>> none = TrackCorrections()
    >>> found = [LibraryEntry(location=f"D:/{x}/b.mp3", corrections=none) for x in ("x", "y")]
    >>> find_entry(found, "/home/ada/y/B.mp3").location
    'D:/y/b.mp3'
    """
    wanted = _parts(os.path.abspath(path))
    best, found = 0, []
    for entry in entries:
        if not _similar(entry.duration_seconds, duration_seconds):
            continue
        shared = _shared(wanted, _parts(entry.location))
        if shared > best:
            best, found = shared, [entry]
        elif shared and shared == best:
            found.append(entry)
    if not found:
        return None
    if any(entry.corrections != found[0].corrections for entry in found):
        raise LibraryError(
            f"The library has {len(found)} different entries for {os.fspath(path)}, such as "
            f"{found[0].location} and {found[1].location}; move the file to the folder that one "
            "of them names, or remove the others from the library."
        )
    return found[0]


def _similar(first: float | None, second: float | None) -> bool:
    return first is None or second is None or abs(first - second) <= _LENGTH_TOLERANCE


def _parts(location: str) -> list[str]:
    """Split a path of any system, from the file name up."""
    plain = unicodedata.normalize("NFC", location).casefold()
    return [part for part in re.split(r"[/\\]+", plain) if part][::-1]


def _shared(first: list[str], second: list[str]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count
