"""A description with times in it, as DJs write it under a mix on YouTube or Mixcloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.plugins.tracklists.names import TIME, entry_of, seconds_of
from djtrans.plugins.tracklists.reading import read_text

_NUMBER = re.compile(r"\s*(?:#\s*)?\d{1,3}\s*(?:[.)]|\s-)\s+(?=\S)")
_OPEN, _CLOSE = r"[\[({<]?\s*", r"\s*[\])}>]?"
_AROUND = r"\s*[-–—:|.,]*\s*"
#: A time before the track, or a span of which the first counts; or else a time behind it.
_BEFORE = re.compile(
    rf"^\s*{_OPEN}{TIME}(?:\s*[-–—]\s*(?:\d{{1,2}}:)?\d{{1,3}}:\d\d)?{_CLOSE}{_AROUND}"
)
_AFTER = re.compile(rf"{_AROUND}{_OPEN}(?<![\d:]){TIME}{_CLOSE}\s*$")
_WITH = re.compile(r"\s*(?:[-–—+*•]\s*)?(w/\s*\S.*)", re.IGNORECASE)
_BULLET = re.compile(r"\s*[*•▶►→+-]\s*")
_HEADING = re.compile(r"\W*track\s*-?list(ing)?\W*$", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+")


class Description:
    """Reads a text file, one track a line.

    Lines that begin with a time are the tracks, and those that begin with ``w/``. If there are
    none, lines that end with a time are; else numbered ones; else those below a heading
    ``Tracklist``, to the next blank line. The title is the file's name. An address alone on the
    first line is that of the mix.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[Tracklist]:
        """Read the tracklist of a text; see :class:`TracklistSource`."""
        lines = read_text(source).splitlines()
        entries = (
            _timed(lines, _BEFORE) or _timed(lines, _AFTER) or _numbered(lines) or _headed(lines)
        )
        if not entries:
            raise TracklistError(
                f"No tracks are found in {source}; write one a line, such as '12:34 Artist - "
                "Title', '3. Artist - Title', or all of them below a line 'Tracklist'."
            )
        first = next((line.strip() for line in lines if line.strip()), "")
        url = first if _ADDRESS.fullmatch(first) else ""
        yield Tracklist(title=Path(source).stem, entries=entries, url=url)


def _timed(lines: list[str], time: re.Pattern[str]) -> list[TracklistEntry]:
    entries: list[TracklistEntry] = []
    for line in lines:
        rest = _plain(line)
        found = time.search(rest)
        text = _plain(rest[: found.start()] + rest[found.end() :]) if found else ""
        if found and any(map(str.isalnum, text)):
            entries.append(entry_of(text, seconds_of(*found.groups())))
        elif entries and (together := _WITH.match(line)):
            entries.append(entry_of(together[1]))
    return entries


def _plain(line: str) -> str:
    """Remove the bullet or number at the start of a line."""
    for sign in (_BULLET, _NUMBER):
        if found := sign.match(line):
            line = line[found.end() :]
    return line


def _numbered(lines: list[str]) -> list[TracklistEntry]:
    entries: list[TracklistEntry] = []
    for line in lines:
        if found := _NUMBER.match(line):
            entries.append(entry_of(line[found.end() :]))
        elif entries and (found := _WITH.match(line)):
            entries.append(entry_of(found[1]))
    return entries


def _headed(lines: list[str]) -> list[TracklistEntry]:
    headings = [at for at, line in enumerate(lines) if _HEADING.match(line)]
    entries: list[TracklistEntry] = []
    for line in lines[headings[0] + 1 :] if headings else ():
        if line.strip():
            entries.append(entry_of(_plain(line)))
        elif entries:
            break
    return entries
