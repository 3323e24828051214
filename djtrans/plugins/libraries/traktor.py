"""Traktor: ``collection.nml``.

Native Instruments does not document the format; it is XML. An ``ENTRY`` has a ``LOCATION`` (``DIR``
with ``/:`` between folders), ``TEMPO BPM``, ``MUSICAL_KEY VALUE`` (0 to 11 for C to B major, 12 to
23 for minor) and ``CUE_V2`` elements with ``START`` and ``LEN`` in milliseconds [1]_ [2]_. Those of
type 4 are grid markers, on downbeats; from Traktor 3.5 on they contain a ``GRID`` with their own
tempo.

References
----------
.. [1] https://github.com/digital-dj-tools/dj-data-converter, the types of cues and their units
.. [2] https://github.com/wolkenarchitekt/traktor-nml-utils, the elements and attributes
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import Key, parse_key
from djtrans.core.track.library import LibraryEntry
from djtrans.plugins.libraries.entries import Problems, check_file, distinct
from djtrans.plugins.libraries.mp3_offsets import tag_frame_offset
from djtrans.plugins.libraries.xml_elements import elements, number

_GRID, _LOOP = "4", "5"
#: Names that Traktor gives by itself.
_UNNAMED = ("n.n.", "AutoGrid", "Beat Marker")


class TraktorNml:
    """Reader of Traktor's collections.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[LibraryEntry]:
        """Read the tracks of a collection; see :class:`LibraryReader`."""
        problems = Problems(source)
        for entry in elements(check_file(source), "NML", "ENTRY"):
            where = entry.find("LOCATION")
            if where is None:
                continue  # an entry of a playlist
            folder = where.get("DIR", "").replace("/:", "/")
            location = f"{where.get('VOLUME', '')}{folder}{where.get('FILE', '')}"
            with problems.collected(location):
                yield LibraryEntry(
                    location=location,
                    corrections=_corrections(entry),
                    duration_seconds=_duration(entry),
                )
        problems.report()

    def offset_seconds(self, entry: LibraryEntry, track: str) -> float:
        """Return the offset of Traktor in a file; see :class:`LibraryReader`."""
        return tag_frame_offset(track)


def _duration(entry: ET.Element) -> float | None:
    info = entry.find("INFO")
    if info is None:
        return None
    exact = number(info, "PLAYTIME_FLOAT")
    return number(info, "PLAYTIME") if exact is None else exact


def _corrections(entry: ET.Element) -> TrackCorrections:
    tempo = entry.find("TEMPO")
    bpm = None if tempo is None else number(tempo, "BPM")
    anchors: dict[float, GridAnchor] = {}
    cues = []
    for cue in entry.iterfind("CUE_V2"):
        start = number(cue, "START")
        if start is None:
            raise ValueError("a CUE_V2 has no START")
        seconds = start / 1000.0
        if cue.get("TYPE") == _GRID:
            grid = cue.find("GRID")
            own = None if grid is None else number(grid, "BPM")
            if own or bpm:
                anchors[seconds] = GridAnchor(seconds, own or bpm, beat=0)
            continue
        length = number(cue, "LEN") or 0.0
        end = seconds + length / 1000.0 if cue.get("TYPE") == _LOOP else None
        cues.append(Cue(_name(cue), seconds, end))
    return TrackCorrections(
        anchors=[anchors[start] for start in sorted(anchors)],
        key=_key(entry),
        cues=distinct(cues),
    )


def _name(cue: ET.Element) -> str:
    name, slot = cue.get("NAME", ""), cue.get("HOTCUE", "-1")
    if name and name not in _UNNAMED:
        return name
    return f"hotcue {int(slot) + 1}" if slot.isdigit() else ""


def _key(entry: ET.Element) -> str | None:
    found = entry.find("MUSICAL_KEY")
    value = None if found is None else number(found, "VALUE")
    if value is not None and 0 <= value <= 23:
        return Key(int(value) % 12, "minor" if value >= 12 else "major").name
    info = entry.find("INFO")
    tag = "" if info is None else info.get("KEY", "")
    return tag if parse_key(tag) else None
