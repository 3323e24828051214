"""Times as they are written in tracklists: ``12:34``, ``1:02:03``, ``01:02.500``, and more."""

from __future__ import annotations

import itertools
import statistics
import unicodedata
from collections.abc import Sequence

import attrs

#: A time in plain signs (:func:`plain_signs`); groups are hours, minutes, seconds and decimals.
TIME = r"(?:(\d{1,3}):)?(\d{1,3}):(\d\d)(?:[.,](\d{1,6}))?(?![.,:]?\d)"

_DAY_SECONDS = 86400.0
#: Tracks that follow each other faster than this are not in minutes and seconds.
_SHORTEST_GAP_SECONDS = 15.0
#: Lengths of tracks are more alike than starts, and no longer than this.
_LONGEST_TRACK_SECONDS = 1800.0
#: Between these, lengths that happen to rise are told from the starts of a list without 0:00.
_SHORT_TRACK_SECONDS, _LONG_SONG = 60.0, 600.0
_FRAMES_PER_SECOND = 75

_SIGNS = {":": "\uff1a\u2236\ufe55\ua789\u02d0", ".": "\uff0e", ",": "\uff0c", "/": "\uff0f"}
_SIGNS |= {"-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u301c\uff5e~", "#": "\uff03"}
_SIGNS |= {"(": "\uff08\uff5b\u3014{", ")": "\uff09\uff5d\u3015}"}
_SIGNS |= {
    "[": "\uff3b\u3010\u300c\u300e<\u3008\u300a",
    "]": "\uff3d\u3011\u300d\u300f>\u3009\u300b",
}
_PLAIN = {ord(other): plain for plain, others in _SIGNS.items() for other in others}


def plain_signs(text: str) -> str:
    """Replace digits, colons, dashes and brackets of any kind by ASCII ones, one for one.

    Examples
    --------
    >>> plain_signs("（１２：３４）")
    '(12:34)'
    """
    plain = text.translate(_PLAIN)
    if plain.isascii():
        return plain
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


@attrs.frozen
class Time:
    """A time as it is written.

    Attributes
    ----------
    numbers : tuple of int
        Two or three, with colons between them.
    decimals : str
        Digits behind the decimal point.
    """

    numbers: tuple[int, ...]
    decimals: str = ""

    @classmethod
    def of(cls, first: str | None, *others: str | None) -> Time:
        """Convert the groups of :data:`TIME`."""
        *numbers, decimals = (first, *others)
        return cls(tuple(int(number) for number in numbers if number), decimals or "")

    @property
    def fraction(self) -> float:
        """The decimals, in seconds."""
        return float(f"0.{self.decimals}") if self.decimals else 0.0

    @property
    def seconds(self) -> float | None:
        """Seconds, read as ``mm:ss`` or ``h:mm:ss``; None if it cannot be one of these."""
        hours, minutes, seconds = (0, *self.numbers)[-3:]
        if seconds > 59 or (len(self.numbers) == 3 and minutes > 59):
            return None
        return 3600.0 * hours + 60.0 * minutes + seconds + self.fraction

    @property
    def seconds_of_hours(self) -> float | None:
        """Seconds, read as ``h:mm``; None if it has three parts or decimals."""
        first, second = self.numbers[:2]
        if len(self.numbers) == 3 or self.decimals or second > 59:
            return None
        return 3600.0 * first + 60.0 * second

    @property
    def seconds_of_frames(self) -> float | None:
        """Seconds, read as ``mm:ss:ff`` with 75 frames a second; None if it cannot be."""
        if len(self.numbers) < 3 or self.decimals:
            return None
        minutes, seconds, frames = self.numbers
        if seconds > 59 or frames >= _FRAMES_PER_SECOND:
            return None
        return 60.0 * minutes + seconds + frames / _FRAMES_PER_SECOND


@attrs.frozen
class Starts:
    """Starts of the tracks of a list.

    Attributes
    ----------
    seconds : tuple of (float or None)
        One for each time; None where it cannot be read.
    resolution_seconds : float
    remark : str
        What the times were taken for, if not ``mm:ss`` or ``h:mm:ss``.
    """

    seconds: tuple[float | None, ...]
    resolution_seconds: float = 1.0
    remark: str = ""


def starts_of(times: Sequence[Time], *, trailing: bool = False) -> Starts:
    """Decide by the whole list how its times are to be read.

    They are ``mm:ss`` or ``h:mm:ss``, unless tracks would then follow each other within seconds,
    span more than a day, or go backwards, and another reading avoids this.

    Parameters
    ----------
    times : sequence of Time
        In order of the list, at least one.
    trailing : bool
        True if they stand behind the names, as lengths of tracks do.
    """
    usual = [time.seconds for time in times]
    known = [seconds for seconds in usual if seconds is not None]
    frames = [time.seconds_of_frames for time in times]
    hours = [time.seconds_of_hours for time in times]
    doubtful = len(known) < len(usual) or known[-1] > _DAY_SECONDS
    if doubtful and len(times) > 1 and _is_rising(frames):
        remark = "minutes, seconds and frames (mm:ss:ff)"
        return Starts(tuple(frames), 1 / _FRAMES_PER_SECOND, remark)
    if trailing and _are_lengths(known):
        lengths = (seconds or 0.0 for seconds in usual[:-1])
        return Starts(tuple(itertools.accumulate(lengths, initial=0.0)), 1.0, "lengths of tracks")
    if len(times) > 2 and _median_gap(known) < _SHORTEST_GAP_SECONDS and _is_rising(hours):
        return Starts(tuple(hours), 60.0, "hours and minutes (h:mm)")
    if not _is_rising(known) and (mixed := _hours_from_drop(times)):
        return Starts(tuple(mixed), 60.0, "minutes and seconds, then hours and minutes (h:mm)")
    decimals = min(len(time.decimals) for time in times)
    return Starts(tuple(usual), max(10.0**-decimals, 1e-3))


def _is_rising(seconds: Sequence[float | None]) -> bool:
    known = [second for second in seconds if second is not None]
    return len(known) == len(seconds) and all(a <= b for a, b in itertools.pairwise(known))


def _median_gap(known: Sequence[float]) -> float:
    gaps = [b - a for a, b in itertools.pairwise(known)]
    return statistics.median(gaps) if gaps else _DAY_SECONDS


def _are_lengths(known: Sequence[float]) -> bool:
    if len(known) < 2 or min(known) <= 0:
        return False
    if not _is_rising(known):
        return max(known) <= _LONGEST_TRACK_SECONDS
    alike = known[-1] - known[0] < known[0]
    return len(known) > 2 and alike and _SHORT_TRACK_SECONDS <= known[0] <= known[-1] <= _LONG_SONG


def _hours_from_drop(times: Sequence[Time]) -> list[float] | None:
    """Read ``58:00, 1:02`` as 58 minutes and 62 minutes."""
    seconds: list[float] = []
    dropped = False
    for time in times:
        read = time.seconds_of_hours if dropped else time.seconds
        if read is not None and seconds and read < seconds[-1] and not dropped:
            dropped, read = True, time.seconds_of_hours
        gap = 0.0 if read is None or not seconds else read - seconds[-1]
        if read is None or gap < 0 or (dropped and gap > _LONGEST_TRACK_SECONDS):
            return None
        seconds.append(read)
    return seconds
