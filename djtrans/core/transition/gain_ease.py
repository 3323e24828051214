"""Return of a track to its own level after the window."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class GainEase:
    """Return of a track to its own level: the gain changes linearly in dB, then stays.

    Attributes
    ----------
    start, stop : float
        Clock seconds.
    gain_db : float
        Gain from `stop` on.
    bars : int
        Bars of the track from `start` to `stop`.

    Examples
    --------
    >>> from djtrans.core import GainEase
    >>> ease = GainEase(start=32.0, stop=64.0, gain_db=0.0, bars=16)
    >>> [round(ease.gain_db_at(seconds, before_db=-6.0), 1) for seconds in (0.0, 48.0, 80.0)]
    [-6.0, -3.0, 0.0]
    """

    start: float
    stop: float
    gain_db: float
    bars: int

    def gain_db_at(self, clock_seconds: float, before_db: float) -> float:
        """Return the gain at a clock time, if it is `before_db` up to the start."""
        part = (clock_seconds - self.start) / (self.stop - self.start)
        return before_db + min(max(part, 0.0), 1.0) * (self.gain_db - before_db)
