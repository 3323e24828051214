"""Cue points of a track, as DJ software stores them."""

from __future__ import annotations

import math

import attrs

from djtrans.core.errors import InputError
from djtrans.core.util.names import visible


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"The name of a cue is {value!r}; give a text.")
    return " ".join(visible(value).split())


@attrs.frozen
class Cue:
    """Cue point or stored loop of a track.

    Attributes
    ----------
    name : str
        Its name on one line; ``""`` if it has none.
    seconds : float
        Position in seconds from the first sample.
    end_seconds : float or None
        End of a loop; None for a point.

    Raises
    ------
    InputError
        If a position is not finite, or a loop ends before it starts.

    Examples
    --------
    >>> from djtrans.core import Cue
    >>> str(Cue("drop", 61.5)), str(Cue("vocal", 4.0, end_seconds=8.0))
    ('drop 1:01.500', 'vocal 0:04.000-0:08.000')

    See Also
    --------
    TrackCorrections : Corrections of a track with its cues.
    """

    name: str = attrs.field(converter=_name)
    seconds: float
    end_seconds: float | None = None

    def __attrs_post_init__(self) -> None:
        end = self.seconds if self.end_seconds is None else self.end_seconds
        if not (math.isfinite(self.seconds) and math.isfinite(end)):
            raise InputError(f"The cue {self.name!r} is not at a finite time; give seconds.")
        if end < self.seconds:
            raise InputError(
                f"The loop {self.name!r} ends at {end:g} s, before its start at "
                f"{self.seconds:g} s; give a later end."
            )

    def __str__(self) -> str:
        end = "" if self.end_seconds is None else f"-{clock(self.end_seconds)}"
        return f"{self.name} {clock(self.seconds)}{end}".strip()

    def moved(self, seconds: float) -> Cue:
        """Move the cue later."""
        end = None if self.end_seconds is None else self.end_seconds + seconds
        return attrs.evolve(self, seconds=self.seconds + seconds, end_seconds=end)


def clock(seconds: float) -> str:
    """Format a time as minutes and seconds to the millisecond: ``1:02.345``."""
    thousandths = round(abs(seconds) * 1000)
    sign = "-" if seconds < 0 and thousandths else ""
    return f"{sign}{thousandths // 60000}:{thousandths % 60000 / 1000:06.3f}"
