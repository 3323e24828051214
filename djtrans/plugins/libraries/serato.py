"""Serato: objects in the tags of audio files.

The objects were documented by J. Holthuis [1]_. ``Serato BeatGrid`` is a list of markers with a
position in seconds; each states the number of beats up to the next one, and the last a tempo.
``Serato Markers2`` is base64 of entries such as ``CUE`` and ``LOOP``, with positions in
milliseconds. In ID3 tags (MP3, AIFF, WAV) they are general objects; in FLAC and MP4 the same data
is base64 after a media type and a name. The first marker of a grid is taken as a downbeat.

References
----------
.. [1] https://github.com/Holzhaus/serato-tags
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterator

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import InputError, LibraryError
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import parse_key
from djtrans.core.track.library import LibraryEntry
from djtrans.core.track.tags import read_tags
from djtrans.plugins.libraries.binary_tags import binary_tags
from djtrans.plugins.libraries.entries import check_file, distinct
from djtrans.plugins.libraries.mp3_offsets import tag_frame_offset

#: Names of the two objects in ID3, FLAC and MP4.
_GRID = ("Serato BeatGrid", "serato_beatgrid", "com.serato.dj:beatgrid")
_MARKERS = ("Serato Markers2", "serato_markers_v2", "com.serato.dj:markersv2")


class SeratoTags:
    """Reader of Serato's tags.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[LibraryEntry]:
        """Read the tags of an audio file; see :class:`LibraryReader`."""
        file = check_file(source)
        objects = binary_tags(file)
        grid, markers = (_object(objects, names) for names in (_GRID, _MARKERS))
        if not (grid or markers):
            raise LibraryError(f"{source} has no tags of Serato; analyze the file in Serato first.")
        key = read_tags(file).key
        try:
            corrections = TrackCorrections(
                anchors=list(_anchors(grid)),
                key=key if parse_key(key) else None,
                cues=distinct(list(_cues(markers))),
            )
        except (InputError, ValueError, ZeroDivisionError, struct.error) as error:
            raise LibraryError(f"{source} has damaged tags of Serato: {error}") from None
        yield LibraryEntry(location=source, corrections=corrections)

    def offset_seconds(self, entry: LibraryEntry, track: str) -> float:
        """Return the offset of Serato in a file; see :class:`LibraryReader`."""
        return tag_frame_offset(track)


def _object(objects: dict[str, bytes], names: tuple[str, str, str]) -> bytes:
    general, *encoded = names
    if general in objects:
        return objects[general]
    for name in encoded:
        if name in objects:
            # A media type, an empty file name, the name of the object, each ended by a zero.
            parts = _decoded(objects[name]).split(b"\0", 3)
            return parts[3] if len(parts) == 4 else b""
    return b""


def _decoded(text: bytes) -> bytes:
    """Decode base64 with line feeds, without padding, and sometimes one character too long."""
    plain = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    if len(plain) % 4 == 1:
        plain += b"A"
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def _anchors(grid: bytes) -> Iterator[GridAnchor]:
    if len(grid) < 6:
        return
    (count,) = struct.unpack_from(">I", grid, 2)
    if 6 + 8 * count > len(grid):
        raise ValueError("its beat grid is cut off")
    places = [struct.unpack_from(">f", grid, 6 + 8 * index)[0] for index in range(count)]
    for index, seconds in enumerate(places):
        at = 10 + 8 * index
        if index + 1 < count:
            (beats,) = struct.unpack_from(">I", grid, at)
            bpm = 60.0 * beats / (places[index + 1] - seconds)
        else:
            (bpm,) = struct.unpack_from(">f", grid, at)
        yield GridAnchor(float(seconds), float(bpm), None if index else 0)


def _cues(markers: bytes) -> Iterator[Cue]:
    data = _decoded(markers[2:].split(b"\0", 1)[0])
    at = 2
    while at < len(data) and data[at] != 0:
        name, _, rest = data[at:].partition(b"\0")
        if len(rest) < 4:
            return
        size = int.from_bytes(rest[:4], "big")
        entry = rest[4 : 4 + size]
        if len(entry) < size:
            return  # cut off
        at += len(name) + 5 + size
        if name == b"CUE" and size >= 13:
            index, position = entry[1], int.from_bytes(entry[2:6], "big")
            yield Cue(_label(entry[12:]) or f"cue {index + 1}", position / 1000)
        elif name == b"LOOP" and size >= 21:
            index = entry[1]
            start, end = struct.unpack_from(">II", entry, 2)
            yield Cue(_label(entry[20:]) or f"loop {index + 1}", start / 1000, end / 1000)


def _label(text: bytes) -> str:
    return text.split(b"\0", 1)[0].decode("utf-8", errors="replace")
