"""A description with times in it, as DJs write it under a mix on YouTube or Mixcloud."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import Tracklist
from djtrans.core.util.names import visible
from djtrans.plugins.tracklists.names import entry_of
from djtrans.plugins.tracklists.reading import read_text
from djtrans.plugins.tracklists.text_lines import (
    Line,
    TrackLine,
    find_doubtful,
    find_headed,
    find_leading,
    find_numbered,
    find_trailing,
)
from djtrans.plugins.tracklists.times import Starts, starts_of

_ADDRESS = re.compile(r"https?://\S+")
_HOW = (
    "write one a line, such as '12:34 Artist - Title', '3. Artist - Title', or all of them below a "
    "line 'Tracklist'."
)
#: So many lines are shown of those that cannot be read.
_MOST_SHOWN = 5


class Description:
    """Reads a text file, one track a line.

    Lines that begin with a time are the tracks, and those that begin with ``w/``. If there are
    none, lines that end with a time are; else numbered ones; else those below a heading
    ``Tracklist``, to the next blank line. The title is the file's name. An address alone on the
    first line is that of the mix. A warning names lines that look like tracks and cannot be read,
    and times that are not minutes and seconds.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[Tracklist]:
        """Read the tracklist of a text; see :class:`TracklistSource`."""
        lines = Line.all_of(read_text(source))
        for find in (find_leading, find_trailing, find_numbered, find_headed):
            if found := find(lines):
                break
        else:
            raise TracklistError(f"No tracks are found in {source}; {_HOW}")
        starts = _starts(found, trailing=find is find_trailing)
        readable = [
            (track, start)
            for track, start in zip(found, starts.seconds, strict=True)
            if start is not None or track.time is None
        ]
        if not readable:
            raise TracklistError(f"{source}: {_shown([t.line for t in found])} is no time; {_HOW}")
        if doubtful := find_doubtful(lines, [track for track, _ in readable]):
            warnings.warn(
                f"{source}: {_shown(doubtful)} cannot be read and left out; if it is a track, "
                "write it as '12:34 Artist - Title'.",
                stacklevel=2,
            )
        if starts.remark:
            warnings.warn(
                f"{source}: the times are taken for {starts.remark}; if they are not, write them "
                "as h:mm:ss.",
                stacklevel=2,
            )
        first = lines[0].text
        yield Tracklist(
            title=visible(Path(source).stem),
            entries=[entry_of(track.line.text, start) for track, start in readable],
            url=first if _ADDRESS.fullmatch(first) else "",
            resolution_seconds=starts.resolution_seconds,
        )


def _starts(tracks: Sequence[TrackLine], *, trailing: bool) -> Starts:
    """Return the start of each track, with None for those without a time or an unreadable one."""
    times = [track.time for track in tracks if track.time]
    if not times:
        return Starts((None,) * len(tracks))
    found = starts_of(times, trailing=trailing)
    seconds = iter(found.seconds)
    each = tuple(next(seconds) if track.time else None for track in tracks)
    return Starts(each, found.resolution_seconds, found.remark)


def _shown(lines: Sequence[Line]) -> str:
    shown = ", ".join(f"line {line.number} ({line.text[:60]!r})" for line in lines[:_MOST_SHOWN])
    return shown + (f" and {len(lines) - _MOST_SHOWN} more" if lines[_MOST_SHOWN:] else "")
