"""Collect the corrections of a track: its sidecar file, and libraries of DJ software."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from djtrans.core.audio.file_facts import content_hash
from djtrans.core.contracts.library import LibraryDeclaration
from djtrans.core.errors import InputError, LibraryError
from djtrans.core.registration.catalog import Component
from djtrans.core.track.apply_corrections import CorrectionLayer
from djtrans.core.track.corrections_file import Import, find_sidecar, own_sidecar
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.library import LibraryEntry, find_entry
from djtrans.core.track.track import Track
from djtrans.core.util.environment import LIBRARY
from djtrans.core.util.isolation import same_surroundings
from djtrans.registry import Registry


def correction_layers(track: Track | LazyTrack, registry: Registry) -> tuple[CorrectionLayer, ...]:
    """List the corrections of a track by precedence, the highest last.

    The lowest are what an import stored in the sidecar file, then the libraries of
    ``DJTRANS_LIBRARY``, then the user's own.

    Parameters
    ----------
    track : Track
    registry : Registry
        With the library readers.

    Raises
    ------
    DjtransError
        If the sidecar file or a library is invalid.

    Warns
    -----
    UserWarning
        If the sidecar file belongs to another recording.
    """
    if not track.path:
        return ()
    libraries = library_layers(track, registry)
    found = own_sidecar(track)
    if found is None:
        return libraries
    file, sidecar = found
    return sidecar.layers(file.name, libraries)


def library_layers(track: Track | LazyTrack, registry: Registry) -> tuple[CorrectionLayer, ...]:
    """List what the libraries of ``DJTRANS_LIBRARY`` state on a track, the highest last."""
    found = (import_from(source, track, registry) for source in active_libraries())
    return tuple(
        CorrectionLayer(imported.corrections, imported.source, imported.library)
        for imported in found
        if imported is not None
    )


def corrections_digest(path: str | os.PathLike[str], sha256: str) -> str:
    """Digest the files on which the corrections of a track depend, without reading the track.

    Returns
    -------
    str
        Empty if there is neither a sidecar file nor a library.
    """
    files = [Path(source) for source in active_libraries() if os.path.isfile(source)]
    if sidecar := find_sidecar(path, sha256):
        files.append(sidecar)
    names = [source for source in active_libraries() if not os.path.isfile(source)]
    if not (files or names):
        return ""
    digest = hashlib.sha256("\n".join(names).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def correction_key(paths: Iterable[str | os.PathLike[str]]) -> dict[str, list[str]]:
    """Return the part of a key that states the corrections of tracks; empty without any."""
    digests = [corrections_digest(path, content_hash(path)) for path in paths]
    return {"corrections": digests} if any(digests) else {}


def active_libraries() -> tuple[str, ...]:
    """Return the libraries that ``DJTRANS_LIBRARY`` lists."""
    listed = os.environ.get(LIBRARY, "").split(os.pathsep)
    return tuple(os.path.expanduser(source) for source in listed if source)


def import_from(
    source: str, track: Track | LazyTrack, registry: Registry, reader: str | None = None
) -> Import | None:
    """Read the corrections of a track from a library, in the time of djtrans.

    Parameters
    ----------
    source : str
        File of a library, or the name of a reader of tags in the tracks, such as ``"serato"``.
    track : Track
        A track that was loaded from a file.
    registry : Registry
    reader : str, optional
        Name of a reader; by default the one that reads such files.

    Returns
    -------
    Import or None
        None if the library has nothing on the track.

    Raises
    ------
    InputError
        If no reader reads the source, or several do.
    LibraryError
        If the source is not a library.
    """
    component = find_reader(source, registry, reader)
    built = registry.libraries.build(component.name)
    entry: LibraryEntry | None
    if component.declaration.in_tracks:
        try:
            with same_surroundings():
                entry = next(iter(built.read(track.path)), None)
        except LibraryError:
            return None  # without such tags
    else:
        entries = read_library(source, component.name, registry)
        entry = find_entry(entries, track.path, track.duration_seconds)
    if entry is None or not entry.corrections.stated:
        return None
    with same_surroundings():
        offset = built.offset_seconds(entry, track.path)
    return Import(
        source=component.name,
        library=os.path.basename(source),
        offset_seconds=offset,
        corrections=entry.corrections.moved(-offset),
    )


def read_library(source: str, reader: str, registry: Registry) -> Sequence[LibraryEntry]:
    """Read all entries of a library; the last ones read are kept in memory.

    Parameters
    ----------
    source : str
        File of the library.
    reader : str
        Qualified name of the reader.
    registry : Registry
    """
    try:
        status = os.stat(source)
    except OSError:
        raise InputError(f"There is no library {source}; check the path.") from None
    return _entries(registry, reader, source, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=4)
def _entries(
    registry: Registry, reader: str, source: str, changed: int, size: int
) -> tuple[LibraryEntry, ...]:
    with same_surroundings():
        return tuple(registry.libraries.build(reader).read(source))


def find_reader(
    source: str, registry: Registry, reader: str | None = None
) -> Component[LibraryDeclaration]:
    """Find the reader of a library.

    Parameters
    ----------
    source : str
        File of a library, or the name of a reader of tags in the tracks.
    registry : Registry
    reader : str, optional
        Its name.

    Raises
    ------
    InputError
        If there is none, or there are several.
    """
    if reader is not None:
        return registry.libraries.find(reader)
    known = list(registry.libraries)
    in_tracks = [c for c in known if c.declaration.in_tracks]
    for component in in_tracks:
        if source in (component.name, component.declaration.name):
            return component
    suffix = Path(source).suffix.lower()
    found = [c for c in known if suffix in c.declaration.suffixes]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(component.name for component in found)
        raise InputError(f"{source} may be read by {several}; choose one with --reader.")
    suffixes = sorted({suffix for c in known for suffix in c.declaration.suffixes})
    names = [component.declaration.name for component in in_tracks]
    raise InputError(
        f"{source} is not a library that can be read: give a file ending in "
        f"{', '.join(suffixes)}, or {' or '.join(names)} for tags in the tracks."
    )
