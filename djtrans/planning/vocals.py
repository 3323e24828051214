"""Vocal activity of a track per bar, and clashes between two tracks."""

from __future__ import annotations

from djtrans.core.track.analysis import Analysis

#: Vocal probability from which on a bar counts as sung. Estimated from the mix alone, many bars
#: without vocals reach about 0.5; rejecting a candidate needs more certainty.
SUNG = 0.7
#: Number of bars with vocals in both tracks that make a clash; a single one is tolerated.
CLASH_BARS = 2


def vocal(track: Analysis, bar: int) -> float:
    """Return the vocal probability of a bar; 0 outside the track."""
    return float(track.bar_vocal[bar]) if 0 <= bar < len(track.bar_vocal) else 0.0


def sung(track: Analysis, bar: int) -> bool:
    """Return True if a bar is sung."""
    return vocal(track, bar) >= SUNG


def vocal_continuity(track: Analysis, bar: int) -> float:
    """Return how certainly vocals continue across the start of a bar, 0 (probability 0.5) to 1."""
    return max(0.0, 2.0 * min(vocal(track, bar - 1), vocal(track, bar)) - 1.0)


def clash_bars(a: Analysis, first_a: int, b: Analysis, first_b: int, bars: int) -> int:
    """Count the bars with vocals in both tracks, of `bars` from the given ones on."""
    return sum(sung(a, first_a + i) and sung(b, first_b + i) for i in range(bars))
