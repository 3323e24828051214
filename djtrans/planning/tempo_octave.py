"""Tempo octaves and ratios: 87 and 174 BPM are one tempo, and 174 meets 130.5 as 4:3."""

from __future__ import annotations

from collections.abc import Sequence

from djtrans.core.track.analysis import Analysis


def match_tempo_octaves(a: Analysis, b: Analysis) -> tuple[Analysis, Analysis]:
    """Bring two tracks into one tempo octave by doubling the slower grid if that is closer.

    Ratios such as 3:2 and 4:3 stay as they are, see :func:`match_tempo_ratio`.

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


def match_tempo_ratio(
    a: Analysis, b: Analysis, ratios: Sequence[tuple[int, int]]
) -> tuple[Analysis, Analysis, float]:
    """Count the bars of the faster track at the ratio that brings the tempos closest.

    Parameters
    ----------
    a, b : Analysis
        In one tempo octave. In it 3:2 is 4:3, an octave apart.
    ratios : sequence of (int, int)
        As :attr:`djtrans.TechniqueDeclaration.tempo_ratios`.

    Returns
    -------
    a, b : Analysis
    beat : float
        Length of B's own beat in beats of the result: less than 1 if B is counted at a ratio.
    """
    slow, fast = sorted((a.grid.bpm, b.grid.bpm))
    bars, of = min(ratios, key=lambda ratio: _gap(fast * ratio[0] / ratio[1], slow))
    if bars == of:
        return a, b, 1.0
    if a.grid.bpm == fast:
        return a.counted(bars, of), b, 1.0
    return a, b.counted(bars, of), bars / of


def nearest_octave(bpm: float, to: float) -> float:
    """Double or halve a tempo until it is nearest to another."""
    while _gap(2 * bpm, to) < _gap(bpm, to):
        bpm *= 2
    while _gap(bpm / 2, to) < _gap(bpm, to):
        bpm /= 2
    return bpm


def _gap(x: float, y: float) -> float:
    return max(x, y) / min(x, y)
