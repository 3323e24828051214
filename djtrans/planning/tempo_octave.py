"""Tempo octaves: treat 87 and 174 BPM as the same tempo."""

from __future__ import annotations

from djtrans.core.track.analysis import Analysis


def match_tempo_octaves(a: Analysis, b: Analysis) -> tuple[Analysis, Analysis]:
    """Bring two tracks into one tempo octave by doubling the slower grid if that is closer.

    Ratios such as 3:2 and 4:3 stay as they are, see :mod:`djtrans.planning.tempo_ratio`.

    Parameters
    ----------
    a, b : Analysis

    Returns
    -------
    tuple of Analysis
        A and B.

    Examples
    --------
    >>> import attrs, djtrans, djtrans.planning
    >>> structure = (("intro", 8), ("drop", 8))
    >>> synthetic = djtrans.synthesize(djtrans.TrackSpec(bpm=87.0, structure=structure))
    >>> a = djtrans.analyze_track(djtrans.Track(synthetic.audio, synthetic.sample_rate))
    >>> a = attrs.evolve(a, grid=attrs.evolve(a.grid, bpm=87.0))
    >>> b = a.doubled()
    >>> [x.grid.bpm for x in djtrans.planning.match_tempo_octaves(a, b)]
    [174.0, 174.0]
    """
    if _gap(2 * a.grid.bpm, b.grid.bpm) < _gap(a.grid.bpm, b.grid.bpm):
        return a.doubled(), b
    if _gap(a.grid.bpm, 2 * b.grid.bpm) < _gap(a.grid.bpm, b.grid.bpm):
        return a, b.doubled()
    return a, b


def nearest_octave(bpm: float, to: float) -> float:
    """Double or halve a tempo until it is nearest to another."""
    while _gap(2 * bpm, to) < _gap(bpm, to):
        bpm *= 2
    while _gap(bpm / 2, to) < _gap(bpm, to):
        bpm /= 2
    return bpm


def _gap(x: float, y: float) -> float:
    return max(x, y) / min(x, y)
