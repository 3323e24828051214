"""The timeline of a window: its beat times, and the time warp of each track onto them."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import Warp
from djtrans.planning.tempo import Tempo

#: A track this close to its own tempo (a fraction) is not eased back to it.
SAME_TEMPO = 0.002
#: Largest distance of a warp point from a straight line that replaces it, in seconds.
STRAIGHT_SECONDS = 1e-9

FloatArray = NDArray[np.float64]


@attrs.frozen
class Timeline:
    """Beat times of a window, and the warp of each track.

    Attributes
    ----------
    beat_times : tuple of float
        Seconds of every beat of the window and of its end.
    warps : Pair of tuple of (float, float)
        Piecewise linear time warp of each track; see
        :class:`djtrans.core.transition.plan.TrackPlan`.
    """

    beat_times: tuple[float, ...]
    warps: Pair[Warp]


def make_timeline(
    tracks: Pair[Analysis],
    cues: Pair[int],
    bars: int,
    swap_bars: int,
    tempo: Tempo,
    ease_bars: int,
    nudge_seconds: float,
) -> Timeline:
    """Align both tracks to one timeline.

    Parameters
    ----------
    tracks : Pair of Analysis
        In one tempo octave.
    cues : Pair of int
        Bars of the tracks at which the window starts.
    bars, swap_bars : int
        Length of the window, and of its part before the swap.
    tempo : Tempo
    ease_bars : int
        Bars over which A leaves its own tempo before the window, and B returns to its own after it.
    nudge_seconds : float
        Delay of B.

    Returns
    -------
    Timeline
        Beat-matched: every bar line of both tracks lies on a beat of the timeline. Otherwise both
        run at their own tempo and are aligned at the swap; the beats are A's up to there, then B's.
    """
    a, b = tracks
    per_bar = a.grid.beats_per_bar
    lines = np.arange(bars + 1)
    beats = np.arange(bars * per_bar + 1.0)
    own_a, own_b = (
        track.grid.time_of(track.grid.beat_of_bar(cue) + beats)
        for track, cue in zip(tracks, cues, strict=True)
    )
    if not tempo.matched:
        at = swap_bars * per_bar
        swap_b = b.grid.time_of_bar(cues.b + swap_bars)
        clock = own_a - own_a[0]
        after = b.grid.time_of(
            b.grid.beat_of(swap_b) + np.arange(len(clock) - at, dtype=np.float64)
        )
        clock = np.concatenate([clock[: at + 1], clock[at] + (after - swap_b)[1:]])
        start, swap = float(own_a[0]), float(clock[at])
        warp_a: Warp = ((0.0, start), (1.0, start + 1.0))
        warp_b: Warp = ((swap, swap_b), (swap + 1.0, swap_b + 1.0))
    else:
        clock = _beats(own_a, own_b, tempo, bars, per_bar)
        at_lines = clock[lines * per_bar]
        # A ramp begins at A's own tempo and ends at B's: no easing is needed.
        home = 0 if tempo.start_bpm != tempo.end_bpm else ease_bars or None
        warp_a = _warp(a, cues.a, at_lines, home, before=True)
        warp_b = _warp(b, cues.b, at_lines, home, before=False)
    shifted = tuple((time + nudge_seconds, track) for time, track in warp_b)
    return Timeline(tuple(clock.tolist()), Pair(warp_a, shifted))


def _beats(
    own_a: FloatArray, own_b: FloatArray, tempo: Tempo, bars: int, per_bar: int
) -> FloatArray:
    if tempo.leader:
        own = own_a if tempo.leader == "a" else own_b
        return np.asarray(own - own[0])
    # The tempo changes by a constant factor from bar to bar, and by half of it at either end.
    way = (np.arange(bars) + 0.5) / bars
    bpm = tempo.start_bpm * (tempo.end_bpm / tempo.start_bpm) ** way
    return np.concatenate([[0.0], np.cumsum(np.repeat(60.0 / bpm, per_bar))])


def _warp(track: Analysis, cue: int, clock: FloatArray, home: int | None, *, before: bool) -> Warp:
    """Compute warp points at the bar lines of the window and of the bars that ease the tempo.

    `home` is the number of easing bars; the bar after them has the track's own tempo, which is
    extrapolated from there.
    """
    times = _bar_times(track, cue, len(clock))
    edge = 0 if before else -2
    rate = float((times[edge + 1] - times[edge]) / (clock[edge + 1] - clock[edge]))
    if home is None or (home and abs(rate - 1.0) <= SAME_TEMPO):
        return _straightened(clock, times)
    if before:
        there = _bar_times(track, cue - home - 1, home + 2)
        steps = np.diff(there) / _eased(rate, home)[::-1]
        clock = np.concatenate([clock[0] - np.cumsum(steps[::-1])[::-1], clock])
        return _straightened(clock, np.concatenate([there[:-1], times]))
    there = _bar_times(track, cue + len(times) - 1, home + 2)
    clock = np.concatenate([clock, clock[-1] + np.cumsum(np.diff(there) / _eased(rate, home))])
    return _straightened(clock, np.concatenate([times, there[1:]]))


def _bar_times(track: Analysis, bar: int, count: int) -> FloatArray:
    grid = track.grid
    return grid.time_of(grid.beat_of_bar(bar) + grid.beats_per_bar * np.arange(float(count)))


def _eased(rate: float, bars: int) -> FloatArray:
    """Interpolate rates from near `rate` to 1 geometrically, and append a 1."""
    left = 1.0 - (np.arange(bars) + 0.5) / max(bars, 1)
    return np.append(rate**left, 1.0)


def _straightened(clock: FloatArray, track: FloatArray) -> Warp:
    """Reduce a warp to its first and last point if the rest lies on the line between them."""
    line = np.interp(clock, clock[[0, -1]], track[[0, -1]])
    keep = [0, -1] if np.abs(line - track).max() < STRAIGHT_SECONDS else slice(None)
    return tuple(zip(clock[keep].tolist(), track[keep].tolist(), strict=True))
