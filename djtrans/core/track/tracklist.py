"""Tracklists: the tracks of a mix with their start times."""

from __future__ import annotations

import math

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import TracklistError
from djtrans.core.util.names import visible

#: Name of an unidentified track, as is usual in tracklists.
UNKNOWN = "ID"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TracklistError(f"A tracklist has {value!r} where a text is required.")
    return " ".join(visible(value).split())


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TracklistError(f"A tracklist has {value!r} where a number of seconds is required.")
    # Whole numbers may be too large for a float.
    return float(value) if abs(value) < 1e300 else math.inf


@attrs.frozen(kw_only=True)
class TracklistEntry:
    """Entry of a tracklist: a track of the mix.

    Texts are cleaned of invisible characters and superfluous blanks
    (:func:`~djtrans.core.util.names.visible`).

    Attributes
    ----------
    start_seconds : float or None
        Start in seconds from the start of the mix; None if unknown.
    artist, title : str
        Artist and title, ``""`` if unknown. An unidentified track is often called ``ID``.
    mix : str
        Version, such as ``"Dub Mix"`` or ``"Ada Remix"``; ``""`` if unknown.
    label : str
        Record label.
    url : str
        Address of the track's page.
    with_previous : bool
        True if it is played together with the previous entry, as in a mashup.

    Examples
    --------
    >>> from djtrans.core import TracklistEntry
    >>> str(TracklistEntry(start_seconds=0.0, artist="Ada", title="Plain", mix="Dub Mix"))
    'Ada - Plain (Dub Mix)'
    """

    start_seconds: float | None = attrs.field(default=None, converter=_seconds)
    artist: str = attrs.field(default="", converter=_text)
    title: str = attrs.field(default="", converter=_text)
    mix: str = attrs.field(default="", converter=_text)
    label: str = attrs.field(default="", converter=_text)
    url: str = attrs.field(default="", converter=_text)
    with_previous: bool = False

    def __attrs_post_init__(self) -> None:
        start = self.start_seconds
        if start is not None and not (math.isfinite(start) and start >= 0):
            raise TracklistError(
                f"The track {self} starts at {start!r} s; give a start of at least 0, or None."
            )

    def __str__(self) -> str:
        named = " - ".join(part for part in (self.artist, self.title) if part)
        return f"{named or UNKNOWN} ({self.mix})" if self.mix else named or UNKNOWN

    @property
    def identified(self) -> bool:
        """True if the title of the track is known."""
        return self.title.upper() not in ("", UNKNOWN)


@attrs.frozen(kw_only=True)
class Tracklist:
    """Tracklist of a mix.

    Attributes
    ----------
    title : str
        Title of the mix.
    entries : tuple of TracklistEntry
        At least one entry; known starts must not decrease.
    source : str
        Qualified name of the component that read it; ``""`` before it is saved.
    url : str
        Address of the mix's page.
    audio : str
        File name or address of the mix's audio; ``""`` if unknown.
    resolution_seconds : float
        Resolution of the starts: 60 if only minutes are given.

    Raises
    ------
    TracklistError
        If there is no title or no entry, or a track starts before the previous one.

    Examples
    --------
    >>> from djtrans.core import Tracklist, TracklistEntry
    >>> entries = [TracklistEntry(start_seconds=0.0, title="Plain"), TracklistEntry(title="ID")]
    >>> Tracklist(title="Live", entries=entries).timed
    1
    """

    title: str = attrs.field(converter=_text)
    entries: tuple[TracklistEntry, ...] = attrs.field(converter=as_tuple)
    source: str = ""
    url: str = attrs.field(default="", converter=_text)
    audio: str = attrs.field(default="", converter=_text)
    resolution_seconds: float = 1.0

    def __attrs_post_init__(self) -> None:
        if not self.title.strip():
            raise TracklistError("The tracklist has no title; give the title of the mix.")
        if not self.entries:
            raise TracklistError(
                f"The tracklist of {self.title!r} has no tracks; give at least one."
            )
        if not (math.isfinite(self.resolution_seconds) and self.resolution_seconds > 0):
            raise TracklistError(
                f"{self.title!r} has resolution_seconds {self.resolution_seconds!r}; give a "
                "number above 0."
            )
        latest, previous = 0.0, ""
        for entry in self.entries:
            if entry.start_seconds is None:
                continue
            if entry.start_seconds < latest:
                raise TracklistError(
                    f"In the tracklist of {self.title!r}, '{entry}' starts at "
                    f"{clock(entry.start_seconds)}, before '{previous}' at {clock(latest)}; "
                    "correct one of these times."
                )
            latest, previous = entry.start_seconds, str(entry)

    @property
    def timed(self) -> int:
        """Number of entries with a start."""
        return sum(entry.start_seconds is not None for entry in self.entries)


def clock(seconds: float) -> str:
    """Format seconds as in tracklists: ``"1:02:03"``, ``"4:05"``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
