"""Cue sheets: a mix as one audio file, and where in it each track begins."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.core.util.names import visible
from djtrans.plugins.tracklists.names import entry_of
from djtrans.plugins.tracklists.reading import read_text

#: Frames of a compact disc in a second.
FRAMES_PER_SECOND = 75

_COMMAND = re.compile(r"(\w+) ?(.*)")
_INDEX = re.compile(r"(\d{1,2}) (\d{1,5}):(\d\d):(\d\d)")
#: Commands without a meaning here.
_OTHERS = {"CATALOG", "CDTEXTFILE", "FLAGS", "ISRC", "POSTGAP", "PREGAP", "REM", "SONGWRITER"}


class CueSheet:
    """Reads ``.cue`` files.

    A track's start is its INDEX 01; INDEX 00 is the gap before it. A track without a PERFORMER is
    read as ``Artist - Title``: the sheet's own PERFORMER is the DJ.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[Tracklist]:
        """Read the tracklist of a sheet; see :class:`TracklistSource`."""
        head: dict[str, str] = {}
        tracks: list[dict[str, str]] = []
        unknown: list[str] = []
        for number, line in enumerate(read_text(source).splitlines(), start=1):
            if not (text := " ".join(visible(line).split())):
                continue
            found = _COMMAND.match(text)
            command, said = (found[1].upper(), found[2]) if found else ("", text)
            if command == "FILE":
                if "FILE" in head:
                    raise TracklistError(
                        f"{source}, line {number}: a second FILE. A mix is one file; give a sheet "
                        "of one, or write its tracklist as text."
                    )
                head["FILE"] = _unquoted(said.rpartition(" ")[0] or said)
            elif command == "TRACK":
                tracks.append({"line": str(number)})
            elif command in ("PERFORMER", "TITLE"):
                (tracks[-1] if tracks else head)[command] = _unquoted(said)
            elif command == "INDEX" and tracks:
                index, start = _index(said, f"{source}, line {number}")
                if index == 1:
                    tracks[-1]["start"] = repr(start)
            elif command not in _OTHERS:
                unknown.append(f"line {number} ({text[:60]!r})")
        if not tracks:
            raise TracklistError(f"{source} is no cue sheet: no line begins with TRACK.")
        if unknown:
            shown = ", ".join(unknown[:5]) + (", ..." if unknown[5:] else "")
            warnings.warn(
                f"{source}: {shown} cannot be read and left out; lines of a cue sheet begin with a "
                "command such as TITLE.",
                stacklevel=2,
            )
        named = [head[part] for part in ("PERFORMER", "TITLE") if head.get(part)]
        yield Tracklist(
            title=" - ".join(named) or visible(Path(source).stem),
            entries=[_entry(track, source) for track in tracks],
            audio=head.get("FILE", ""),
            resolution_seconds=1 / FRAMES_PER_SECOND,
        )


def _entry(track: dict[str, str], source: str) -> TracklistEntry:
    if "start" not in track:
        raise TracklistError(f"{source}, line {track['line']}: this TRACK has no INDEX 01.")
    artist = f"{track['PERFORMER']} - " if track.get("PERFORMER") else ""
    return entry_of(artist + track.get("TITLE", ""), float(track["start"]))


def _index(said: str, where: str) -> tuple[int, float]:
    found = _INDEX.fullmatch(said)
    if not found or int(found[3]) > 59 or int(found[4]) >= FRAMES_PER_SECOND:
        raise TracklistError(
            f"{where}: INDEX {said!r}; it is a number and mm:ss:ff, seconds to 59 and frames to 74."
        )
    index, minutes, seconds, frames = map(int, found.groups())
    return index, 60 * minutes + seconds + frames / FRAMES_PER_SECOND


def _unquoted(text: str) -> str:
    """Return the text between the first and the last quotation mark, straight or not."""
    marks = '"\u201c\u201d\u201e'
    return text[1:-1].strip() if len(text) > 1 and text[0] in marks and text[-1] in marks else text
