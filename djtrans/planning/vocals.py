"""Vocal activity of a track per bar."""

from __future__ import annotations

from djtrans.core.track.analysis import Analysis

#: Vocal probability from which on a bar counts as sung. Estimated from the mix alone, many bars
#: without vocals reach about 0.5; rejecting a candidate needs more certainty.
SUNG = 0.7


def vocal(track: Analysis, bar: int) -> float:
    """Return the vocal probability of a bar; 0 outside the track."""
    return float(track.bar_vocal[bar]) if 0 <= bar < len(track.bar_vocal) else 0.0


def sung(track: Analysis, bar: int) -> bool:
    """Return True if a bar is sung."""
    return vocal(track, bar) >= SUNG


def vocal_continuity(track: Analysis, bar: int) -> float:
    """Return how certainly vocals continue across the start of a bar, 0 (probability 0.5) to 1."""
    return max(0.0, 2.0 * min(vocal(track, bar - 1), vocal(track, bar)) - 1.0)
