"""Which tracks a mix is made of, and when each comes in."""

from __future__ import annotations

import math

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import TracklistError

#: What stands for a track that nobody could name.
UNKNOWN = "ID"


@attrs.frozen(kw_only=True)
class TracklistEntry:
    """A track of a mix.

    Attributes
    ----------
    start_seconds : float or None
        When it comes in, from the start of the mix; None where the source does not say.
    artist, title : str
        ``""`` where unknown. A track that nobody could name is often called ``ID``.
    mix : str
        Which version: ``"Dub Mix"``, ``"Ada Remix"``; ``""`` where the source does not say.
    label : str
    url : str
        Address of the track itself.
    with_previous : bool
        Whether it sounds together with the entry before it, as in a mashup.
    """

    start_seconds: float | None = None
    artist: str = ""
    title: str = ""
    mix: str = ""
    label: str = ""
    url: str = ""
    with_previous: bool = False

    def __attrs_post_init__(self) -> None:
        start = self.start_seconds
        if start is not None and not (math.isfinite(start) and start >= 0):
            raise TracklistError(f"{self} starts at {start!r} s; a start is at least 0, or None.")

    def __str__(self) -> str:
        named = " - ".join(part for part in (self.artist, self.title) if part)
        return f"{named or UNKNOWN} ({self.mix})" if self.mix else named or UNKNOWN

    @property
    def identified(self) -> bool:
        """Whether the source names the track."""
        return self.title.upper() not in ("", UNKNOWN)


@attrs.frozen(kw_only=True)
class Tracklist:
    """The tracks of a mix, in the order in which they come in.

    Attributes
    ----------
    title : str
        Of the mix.
    entries : tuple of TracklistEntry
        At least one. Starts that are known do not fall.
    source : str
        Qualified name of the component that read it; ``""`` before it is saved.
    url : str
        Address of the page on the mix.
    audio : str
        File name or address of the mix's audio, where the source says it.
    resolution_seconds : float
        What the starts are rounded to: 60 where only minutes are given.

    Raises
    ------
    TracklistError
        If it has no title or no entries, or a track starts before the one above it.
    """

    title: str
    entries: tuple[TracklistEntry, ...] = attrs.field(converter=as_tuple)
    source: str = ""
    url: str = ""
    audio: str = ""
    resolution_seconds: float = 1.0

    def __attrs_post_init__(self) -> None:
        if not self.title.strip():
            raise TracklistError("A tracklist has no title; give it that of the mix.")
        if not self.entries:
            raise TracklistError(f"The tracklist of {self.title!r} has no tracks.")
        if not (math.isfinite(self.resolution_seconds) and self.resolution_seconds > 0):
            raise TracklistError(
                f"{self.title!r} has resolution_seconds {self.resolution_seconds!r}; give a "
                "number above 0."
            )
        latest, above = 0.0, ""
        for entry in self.entries:
            if entry.start_seconds is None:
                continue
            if entry.start_seconds < latest:
                raise TracklistError(
                    f"In the tracklist of {self.title!r}, '{entry}' starts at "
                    f"{clock(entry.start_seconds)}, before '{above}' at {clock(latest)}; correct "
                    "one of these times."
                )
            latest, above = entry.start_seconds, str(entry)

    @property
    def timed(self) -> int:
        """How many entries have a start."""
        return sum(entry.start_seconds is not None for entry in self.entries)


def clock(seconds: float) -> str:
    """Seconds as a tracklist writes them: ``"1:02:03"``, ``"4:05"``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
