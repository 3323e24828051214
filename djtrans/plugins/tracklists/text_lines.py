"""Find the lines of a text that are tracks, and those that look like it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from djtrans.core.util.names import visible
from djtrans.plugins.tracklists.times import TIME, Time, plain_signs

#: No line of a tracklist is longer.
_LONGEST_LINE = 1000
_BULLETS = r"(?:[*+|\-\u00b7\u00bb\u2022\u2190-\u2bff\ufe0f\U0001f000-\U0001faff] ?){0,8}"
_OPEN, _CLOSE, _AROUND = r"[\[(]? ?", r" ?[\])]?", r" ?[-:|.,]{0,4} ?"
_UNTIL = TIME.replace(r"(\d", r"(?:\d")
_SPAN = rf"{TIME}(?: ?(?:-|to) ?{_UNTIL})?"
#: The number of a track; before a time it needs no sign behind it.
_NUMBER = re.compile(
    rf"{_BULLETS}(?:track )?(?:# ?\d{{1,3}} |[#\[(]? ?\d{{1,3}} ?(?:[.)\]:](?!\d)|-(?= )) ?)(?=\S)",
    re.IGNORECASE,
)
_NUMBERED = rf"{_BULLETS}(?:(?:track )?[#\[(]? ?\d{{1,3}}(?: ?[.)\]-]{{1,2}} ?| ))?"
#: A time before the track, or a span of which the first counts; or else a time behind it.
_BEFORE = re.compile(rf"{_NUMBERED}{_OPEN}{_SPAN}{_CLOSE}{_AROUND}", re.IGNORECASE)
_AFTER = re.compile(rf"{_AROUND}{_OPEN}(?<![\d:]){_SPAN}{_CLOSE}$", re.IGNORECASE)
#: Where somebody left the time open.
_NO_TIME = re.compile(
    rf"{_NUMBERED}{_OPEN}[?x_-]{{1,2}}:[?x_-]{{2}}(?::[?x_-]{{2}})?{_CLOSE}{_AROUND}", re.IGNORECASE
)
#: What may be meant as a time.
_LIKE_TIME = re.compile(
    rf"{_NUMBERED}{_OPEN}\d{{1,3}}(?: ?[:;] ?\d{{1,2}}|[.h']\d\d)(?!\d|\.\d)", re.IGNORECASE
)
_WITH = re.compile(r"(?:[-+*\u2022] ?)?(?=w/ ?\S)", re.IGNORECASE)
_HEADING = re.compile(
    r"\W*(?:(?:track|set|play) ?-?list(?:ing)?|трек-?лист|トラックリスト|セットリスト|曲目)\W*",
    re.IGNORECASE,
)


@attrs.frozen
class Line:
    """A line of a text.

    Attributes
    ----------
    number : int
        From 1.
    text : str
        Without invisible characters, and with single blanks.
    plain : str
        The same in plain signs, of the same length.
    """

    number: int
    text: str
    plain: str

    @classmethod
    def all_of(cls, text: str) -> list[Line]:
        """Return the lines of a text that are not blank."""
        lines = []
        for number, raw in enumerate(text.splitlines(), start=1):
            if line := " ".join(visible(raw).split()):
                lines.append(cls(number, line, plain_signs(line)))
        return lines

    def without(self, start: int, end: int) -> Line:
        """Return the line without a part."""
        parts = ((text[:start] + text[end:]).strip() for text in (self.text, self.plain))
        return Line(self.number, *parts)

    @property
    def unnumbered(self) -> Line:
        """The line without bullets, and a number, before it."""
        found = _NUMBER.match(self.plain) or re.match(_BULLETS, self.plain)
        return self.without(0, found.end()) if found else self

    @property
    def named(self) -> bool:
        """True if anything in it can be a name."""
        return any(map(str.isalnum, self.text))

    @property
    def has_dash(self) -> bool:
        """True if it may be ``Artist - Title``."""
        return " - " in self.plain


@attrs.frozen
class TrackLine:
    """A line that is a track: its name, and its time as it is written."""

    line: Line
    time: Time | None = None


def find_leading(lines: Iterable[Line]) -> list[TrackLine]:
    """Find lines that begin with a time; lengths of tracks behind the names are left out."""
    found = _timed(lines, _BEFORE)
    ends = [_AFTER.search(track.line.plain) for track in found if track.time]
    most = 2 * sum(map(bool, ends)) > len(ends) > 1
    return [attrs.evolve(track, line=_without_length(track.line, bare=most)) for track in found]


def find_trailing(lines: Iterable[Line]) -> list[TrackLine]:
    """Find lines that end with a time."""
    return _timed(lines, _AFTER)


def find_numbered(lines: Iterable[Line]) -> list[TrackLine]:
    """Find lines that begin with a number."""
    tracks: list[TrackLine] = []
    for line in lines:
        if _NUMBER.match(line.plain):
            tracks.append(TrackLine(line.unnumbered))
        elif tracks and (together := _WITH.match(line.plain)):
            tracks.append(TrackLine(line.without(0, together.end())))
    return tracks


def find_headed(lines: Iterable[Line]) -> list[TrackLine]:
    """Find the lines below a heading ``Tracklist``, to the next blank one."""
    tracks: list[TrackLine] = []
    heading = 0
    for line in lines:
        if not heading:
            heading = line.number if _HEADING.fullmatch(line.plain) else 0
        elif tracks and line.number > tracks[-1].line.number + 1:
            break
        else:
            tracks.append(TrackLine(line.unnumbered))
    return tracks


def find_doubtful(lines: Iterable[Line], tracks: list[TrackLine]) -> list[Line]:
    """Find lines that are not among the tracks and look as if they were."""
    used = {track.line.number for track in tracks}
    between = range(min(used), max(used))
    return [
        line
        for line in lines
        if line.number not in used
        and (
            _LIKE_TIME.match(line.plain)
            or _WITH.match(line.plain)
            or (line.has_dash and (line.number in between or _AFTER.search(line.plain[-80:])))
        )
    ]


def _timed(lines: Iterable[Line], pattern: re.Pattern[str]) -> list[TrackLine]:
    tracks: list[TrackLine] = []
    for line in lines:
        if len(line.plain) > _LONGEST_LINE:
            continue
        if found := pattern.search(line.plain) if pattern is _AFTER else pattern.match(line.plain):
            rest = line.without(*found.span()).unnumbered
            if rest.named:
                tracks.append(TrackLine(rest, Time.of(*found.groups())))
        elif found := _NO_TIME.match(line.plain):
            tracks.append(TrackLine(line.without(*found.span()).unnumbered))
        elif tracks and (together := _WITH.match(line.plain)):
            tracks.append(TrackLine(line.without(0, together.end())))
    return _uncounted(tracks) if any(track.time for track in tracks) else []


def _uncounted(tracks: list[TrackLine]) -> list[TrackLine]:
    """Remove bare numbers before the names if they count the tracks: ``1 Ada``, ``2 Bo``."""
    counted = [track for track in tracks if not _WITH.match(track.line.plain)]
    found = [re.match(r"(\d{1,3}) (?=\S)", track.line.plain) for track in counted]
    numbers = [int(number[1]) if number else -1 for number in found]
    if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
        return tracks
    return [
        attrs.evolve(track, line=track.line.without(0, track.line.plain.index(" ")))
        if track in counted
        else track
        for track in tracks
    ]


def _without_length(line: Line, *, bare: bool) -> Line:
    found = _AFTER.search(line.plain)
    if not found or not (bare or found[0].rstrip().endswith((")", "]"))):
        return line
    rest = line.without(*found.span())
    return rest if rest.named else line
