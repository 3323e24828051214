"""Counting two tracks in one octave: 87 and 174 beats per minute are one tempo."""

from __future__ import annotations

from djtrans.core.track.analysis import Analysis


def match_tempo_octaves(a: Analysis, b: Analysis) -> tuple[Analysis, Analysis]:
    """Count both tracks in one octave, by doubling the slower one where that brings them closer.

    Ratios such as 3:2 and 4:3 are left as they are: bars of such tracks never meet.
    """
    if _gap(2 * a.grid.bpm, b.grid.bpm) < _gap(a.grid.bpm, b.grid.bpm):
        return a.doubled(), b
    if _gap(a.grid.bpm, 2 * b.grid.bpm) < _gap(a.grid.bpm, b.grid.bpm):
        return a, b.doubled()
    return a, b


def nearest_octave(bpm: float, to: float) -> float:
    """A tempo, doubled or halved until it is nearest to another one."""
    while _gap(2 * bpm, to) < _gap(bpm, to):
        bpm *= 2
    while _gap(bpm / 2, to) < _gap(bpm, to):
        bpm /= 2
    return bpm


def _gap(x: float, y: float) -> float:
    return max(x, y) / min(x, y)
