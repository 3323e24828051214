"""rekordbox: collections exported as XML.

The format is documented by AlphaTheta [1]_: ``TRACK`` elements with ``TEMPO`` children
(``Inizio`` in seconds, ``Bpm``, ``Metro`` and ``Battito``, the beat of the bar counted from 1) and
``POSITION_MARK`` children (``Start`` and ``End`` in seconds; ``Num`` from 0 for hot cues, -1 for
memory cues; ``Type`` 4 for loops).

References
----------
.. [1] https://cdn.rekordbox.com/files/20200410160904/xml_format_list.pdf
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from urllib.parse import unquote

from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import parse_key
from djtrans.core.track.library import LibraryEntry
from djtrans.plugins.libraries.entries import Problems, check_file, distinct
from djtrans.plugins.libraries.mp3_offsets import lame_frame_offset
from djtrans.plugins.libraries.xml_elements import elements, number

#: Beginning of a location, with the slash before the letter of a drive.
_SCHEME = re.compile(r"file://(localhost)?(/(?=[A-Za-z]:))?")
_LOOP = "4"


class RekordboxXml:
    """Reader of rekordbox' XML collections.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[LibraryEntry]:
        """Read the tracks of a collection; see :class:`LibraryReader`."""
        problems = Problems(source)
        for track in elements(check_file(source), "DJ_PLAYLISTS", "TRACK"):
            if not track.get("Location"):
                continue  # an entry of a playlist
            location = unquote(_SCHEME.sub("", track.get("Location", ""), count=1))
            with problems.collected(location):
                yield LibraryEntry(
                    location=location,
                    corrections=_corrections(track),
                    duration_seconds=number(track, "TotalTime"),
                )
        problems.report()

    def offset_seconds(self, entry: LibraryEntry, track: str) -> float:
        """Return the offset of rekordbox in a file; see :class:`LibraryReader`."""
        return lame_frame_offset(track)


def _corrections(track: ET.Element) -> TrackCorrections:
    anchors = {}
    for tempo in track.iterfind("TEMPO"):
        start, bpm = number(tempo, "Inizio"), number(tempo, "Bpm")
        if start is None or not bpm:
            continue  # not analyzed
        beat = None
        if tempo.get("Metro", "4/4") == "4/4" and tempo.get("Battito", "").isdigit():
            beat = (int(tempo.get("Battito", "")) - 1) % 4
        anchors[start] = GridAnchor(start, bpm, beat)
    key = track.get("Tonality", "")
    return TrackCorrections(
        anchors=[anchors[start] for start in sorted(anchors)],
        key=key if parse_key(key) else None,
        cues=distinct([_cue(mark) for mark in track.iterfind("POSITION_MARK")]),
    )


def _cue(mark: ET.Element) -> Cue:
    number_text = mark.get("Num", "-1")
    hot = chr(ord("A") + int(number_text)) if 0 <= int(number_text) < 26 else ""
    start, end = number(mark, "Start"), number(mark, "End")
    if start is None:
        raise ValueError("a POSITION_MARK has no Start")
    return Cue(mark.get("Name") or hot, start, end if mark.get("Type") == _LOOP else None)
