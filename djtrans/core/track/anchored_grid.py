"""Beat grids from anchors: beats at known times, each with the tempo up to the next one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError
from djtrans.core.track.beat_grid import BeatGrid, as_times
from djtrans.core.track.corrections import GridAnchor, check_bpm

#: Seconds that beats may lie outside the track.
EDGE_SECONDS = 0.03
#: Fewest whole bars of a grid.
FEWEST_BARS = 4
#: Deviation, in beats, up to which an anchor is on the grid of the one before it.
_ON_GRID = 0.05


@attrs.frozen(eq=False)
class AnchoredGrid:
    """Grid constructed from anchors.

    Attributes
    ----------
    grid : BeatGrid
        With full confidence.
    uneven : tuple of (float, float)
        Time in seconds of each bar that ends at an anchor off the grid before it, and its length
        in beats of that grid.
    """

    grid: BeatGrid
    uneven: tuple[tuple[float, float], ...]


def grid_from_anchors(
    anchors: Sequence[GridAnchor],
    duration_seconds: float,
    base: BeatGrid,
    bpm: float | None = None,
) -> AnchoredGrid:
    """Construct a grid over a whole track.

    Beats follow each anchor at its tempo, up to the next anchor, and precede the first one at its
    tempo. An anchor that is off the grid of the one before it (a jump, or an incomplete bar) is
    reached by stretching the last bar before it, so that bars stay whole. If the beats between two
    anchors would then be less than half as long as stated, the earlier one is left out.

    Parameters
    ----------
    anchors : sequence of GridAnchor
        In order, at least one.
    duration_seconds : float
        Length of the track.
    base : BeatGrid
        Grid that an anchor without tempo moves, and from which unknown downbeats are taken.
    bpm : float, optional
        Tempo of anchors without one; by default that of `base`, with its changes.

    Returns
    -------
    AnchoredGrid

    Raises
    ------
    InputError
        If the grid would have fewer than four whole bars.
    """
    meter = base.beats_per_bar
    anchors = _without_contradictions(anchors, base, bpm, meter)
    times: list[NDArray[np.float64]] = []
    uneven: list[tuple[float, float]] = []
    counts = [0]  # index of the beat at each anchor, counted from the first
    for anchor, following in itertools.pairwise(anchors):
        beats, length = _between(anchor, following, base, bpm, meter)
        if length is not None:
            uneven.append((float(beats[-min(len(beats), meter)]), length))
        counts.append(counts[-1] + len(beats))
        times.append(beats)
    first, last = anchors[0], anchors[-1]
    before = _beats_of(first, base, bpm, -EDGE_SECONDS, first.seconds)
    times.append(_beats_of(last, base, bpm, last.seconds, duration_seconds + EDGE_SECONDS))
    beat_times = np.concatenate([before[before < first.seconds], *times])
    # Anchors may lie outside the track, as those of Engine DJ do.
    kept = (beat_times >= -EDGE_SECONDS) & (beat_times <= duration_seconds + EDGE_SECONDS)
    skipped = int(np.argmax(kept))
    beat_times = beat_times[kept]
    if len(beat_times) < 2:
        raise _too_few_bars(0, duration_seconds)
    lead = int((before < first.seconds).sum()) - skipped
    phase = _phase(anchors, counts, lead, meter)
    tempo = 60.0 / float(np.median(np.diff(beat_times)))
    stated = {anchor.bpm or bpm for anchor in anchors}
    if len(stated) == 1:
        tempo = stated.pop() or tempo
    grid = attrs.evolve(
        base,
        beat_times=beat_times,
        first_downbeat=_base_phase(beat_times, base) if phase is None else phase,
        bpm=tempo,
        constant=_is_even(beat_times),
        confidence=1.0,
        downbeat_confidence=base.downbeat_confidence if phase is None else 1.0,
    )
    if grid.bars < FEWEST_BARS:
        raise _too_few_bars(max(grid.bars, 0), duration_seconds)
    return AnchoredGrid(grid, tuple(uneven))


def halved(grid: BeatGrid) -> BeatGrid:
    """Count a grid at half its tempo: two bars at 174 BPM become one at 87 BPM."""
    start = grid.first_downbeat % 2
    times = grid.beat_times[start::2]
    if len(times) < 2:
        raise InputError("The grid has too few beats to be counted at half its tempo.")
    first = (grid.first_downbeat - start) // 2
    return attrs.evolve(grid, beat_times=times, first_downbeat=first, bpm=grid.bpm / 2)


def in_octave(grid: BeatGrid, bpm: float) -> BeatGrid:
    """Double or halve a grid until its tempo is the nearest to another one.

    Parameters
    ----------
    grid : BeatGrid
    bpm : float
        The other tempo in BPM.
    """
    for _ in range(abs(octaves := round(math.log2(bpm / grid.bpm)))):
        grid = grid.doubled() if octaves > 0 else halved(grid)
    check_bpm(grid.bpm)
    return grid


def anchors_of_beats(
    beat_times: NDArray[np.float64], tolerance_seconds: float = 0.002
) -> tuple[GridAnchor, ...]:
    """Describe a list of beats by as few anchors as it takes.

    Parameters
    ----------
    beat_times : ndarray of float64
        ``[beats]``, increasing, at least two.
    tolerance_seconds : float
        Deviation of the beats from the grid of the anchors.

    Returns
    -------
    tuple of GridAnchor
        Without positions in the bar.

    Examples
    --------
    >>> import numpy as np
    >>> beats = np.concatenate([np.arange(8) * 0.5, 4 + np.arange(8) * 0.4])
    >>> [str(anchor) for anchor in anchors_of_beats(beats)]
    ['0:00.000 120.00 BPM', '0:04.000 150.00 BPM']
    """
    anchors: list[GridAnchor] = []
    start, last = 0, len(beat_times) - 1
    while start < last:
        stop = _longest_even_run(beat_times, start, tolerance_seconds)
        period = (beat_times[stop] - beat_times[start]) / (stop - start)
        anchors.append(GridAnchor(float(beat_times[start]), bpm=float(60.0 / period)))
        start = stop
    return tuple(anchors)


def _longest_even_run(times: NDArray[np.float64], start: int, tolerance: float) -> int:
    """Find the last beat to which beats are evenly spaced: doubling steps, then bisection."""

    def even(stop: int) -> bool:
        line = np.linspace(times[start], times[stop], stop - start + 1)
        return bool(np.abs(times[start : stop + 1] - line).max() <= tolerance)

    good, step, last = start + 1, 1, len(times) - 1
    while good < last and step:
        if good + step <= last and even(good + step):
            good, step = good + step, 2 * step
        else:
            step //= 2
    return good


def _between(
    anchor: GridAnchor, following: GridAnchor, base: BeatGrid, bpm: float | None, meter: int
) -> tuple[NDArray[np.float64], float | None]:
    """Return the beats from an anchor to the next, and the length of an uneven last bar."""
    gap = following.seconds - anchor.seconds
    end = _position(anchor, following.seconds, base, bpm)  # in beats after the anchor
    count = max(1, round(end))
    if anchor.beat is not None and following.beat is not None:
        count = _whole_beats(end, anchor.beat, following.beat, meter)
    if count == round(end) and abs(end - count) <= _ON_GRID:
        even = np.arange(count, dtype=np.float64) * (end / count)
        beats = _times(anchor, even, base, bpm)
        return np.minimum(beats, anchor.seconds + gap), None
    plain = max(0, count - meter)
    bridge = np.linspace(plain, end, count - plain, endpoint=False)
    return _times(anchor, as_times([*range(plain), *bridge]), base, bpm), end - plain


def _whole_beats(beats: float, first: int, second: int, meter: int) -> int:
    """Return the nearest number of beats between two positions in the bar, at least 1."""
    part = (second - first) % meter
    return part + meter * max(round((beats - part) / meter), 0 if part else 1)


def _without_contradictions(
    anchors: Sequence[GridAnchor], base: BeatGrid, bpm: float | None, meter: int
) -> list[GridAnchor]:
    """Leave out anchors that are too close to the next one for its position in the bar."""
    kept: list[GridAnchor] = []
    for anchor in anchors:
        while kept and kept[-1].beat is not None and anchor.beat is not None:
            beats = _position(kept[-1], anchor.seconds, base, bpm)
            if _whole_beats(beats, kept[-1].beat, anchor.beat, meter) <= 2 * beats:
                break
            kept.pop()
        kept.append(anchor)
    return kept


def _beats_of(
    anchor: GridAnchor, base: BeatGrid, bpm: float | None, start: float, stop: float
) -> NDArray[np.float64]:
    first = math.ceil(_position(anchor, start, base, bpm) - 1e-9)
    last = math.floor(_position(anchor, stop, base, bpm) + 1e-9)
    return _times(anchor, np.arange(first, last + 1, dtype=np.float64), base, bpm)


def _position(anchor: GridAnchor, seconds: float, base: BeatGrid, bpm: float | None) -> float:
    """Convert a time to beats after an anchor, on its grid."""
    if tempo := anchor.bpm or bpm:
        return (seconds - anchor.seconds) * tempo / 60.0
    beat, offset = _moved(anchor, base)
    return float(base.beat_of(seconds - offset)) - beat


def _times(
    anchor: GridAnchor, beats: NDArray[np.float64], base: BeatGrid, bpm: float | None
) -> NDArray[np.float64]:
    """Convert beats after an anchor to times, on its grid."""
    if tempo := anchor.bpm or bpm:
        times: NDArray[np.float64] = anchor.seconds + beats * (60.0 / tempo)
        return times
    beat, offset = _moved(anchor, base)
    return base.time_of(beats + beat) + offset


def _moved(anchor: GridAnchor, base: BeatGrid) -> tuple[int, float]:
    """Return the beat of the base grid that an anchor moves, and by how much in seconds."""
    beat = round(float(base.beat_of(anchor.seconds)))
    return beat, anchor.seconds - float(base.time_of(beat))


def _phase(
    anchors: Sequence[GridAnchor], counts: Sequence[int], lead: int, meter: int
) -> int | None:
    """Return the first downbeat that the first anchor with a position in the bar implies."""
    for anchor, count in zip(anchors, counts, strict=True):
        if anchor.beat is not None:
            return (lead + count - anchor.beat) % meter
    return None


def _base_phase(beat_times: NDArray[np.float64], base: BeatGrid) -> int:
    """Choose the first downbeat so that downbeats are nearest to those of another grid."""
    meter = base.beats_per_bar
    beats = np.arange(len(beat_times))
    bars = (base.beat_of(beat_times) - base.first_downbeat) / meter
    near = np.cos(2 * np.pi * bars)
    return max(range(meter), key=lambda phase: float(near[beats % meter == phase].mean()))


def _is_even(beat_times: NDArray[np.float64]) -> bool:
    steps = np.diff(beat_times)
    return bool(np.ptp(steps) <= 1e-6)


def _too_few_bars(bars: int, duration: float) -> InputError:
    return InputError(
        f"The corrected grid has {bars} whole bars in {duration:.1f} s; at least {FEWEST_BARS} are "
        "needed: give a higher tempo."
    )
