"""Sung lines of a track, as far as the mix tells, bar by bar."""

from __future__ import annotations

from djtrans.core.track.analysis import Analysis

#: A bar with this vocal likelihood or more is sung. A half is as likely as not, and from the mix
#: alone many a bar without a voice comes near that: what forbids a place must be surer.
SUNG = 0.7
#: This many bars with two singers are a clash; one is a passing word.
CLASH_BARS = 2


def vocal(track: Analysis, bar: int) -> float:
    """Vocal likelihood of a bar; 0 outside the track."""
    return float(track.bar_vocal[bar]) if 0 <= bar < len(track.bar_vocal) else 0.0


def sung(track: Analysis, bar: int) -> bool:
    """Whether somebody sings in a bar."""
    return vocal(track, bar) >= SUNG


def line_at(track: Analysis, bar: int) -> float:
    """How sure a line goes on across the start of a bar: 0 where it is as likely as not, to 1."""
    return max(0.0, 2.0 * min(vocal(track, bar - 1), vocal(track, bar)) - 1.0)


def clash_bars(a: Analysis, first_a: int, b: Analysis, first_b: int, bars: int) -> int:
    """Bars in which both sing, of so many from the given ones on."""
    return sum(sung(a, first_a + i) and sung(b, first_b + i) for i in range(bars))
