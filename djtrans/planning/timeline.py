"""The common clock of a window, and how both tracks are laid on it."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import Warp
from djtrans.planning.tempo import Tempo

#: A track this close to its own tempo (a fraction) is left there, rather than eased home.
SAME_TEMPO = 0.002
#: Points this close to a line, in seconds, lie on it.
STRAIGHT_SECONDS = 1e-9

FloatArray = NDArray[np.float64]


@attrs.frozen
class Clock:
    """The clock of a window.

    Attributes
    ----------
    beat_times : tuple of float
        Clock seconds of every beat of the window and of its end.
    warps : Pair of tuple of (float, float)
        Of each track; see :class:`djtrans.core.transition.plan.TrackPlan`.
    """

    beat_times: tuple[float, ...]
    warps: Pair[Warp]


def lay_out(
    tracks: Pair[Analysis],
    cues: Pair[int],
    bars: int,
    swap_bars: int,
    tempo: Tempo,
    ease_bars: int,
    nudge_seconds: float,
) -> Clock:
    """Lay both tracks on one clock.

    Parameters
    ----------
    tracks : Pair of Analysis
        Counted in one octave.
    cues : Pair of int
        Bars of the tracks at which the window starts.
    bars, swap_bars : int
        Length of the window, and of its part before the swap.
    tempo : Tempo
    ease_bars : int
        Bars over which a track at another tempo than its own comes from there, before the window,
        or goes home, after it.
    nudge_seconds : float
        How much later B is played.

    Returns
    -------
    Clock
        Matched: every bar line of both lies on a beat of the clock. Otherwise both run at their own
        tempo and meet at the swap; up to there the clock counts A's beats, then B's.
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
        # A ramp begins at A's own tempo and ends at B's: nothing is left to ease.
        home = 0 if tempo.start_bpm != tempo.end_bpm else ease_bars or None
        warp_a = _warp(a, cues.a, at_lines, home, before=True)
        warp_b = _warp(b, cues.b, at_lines, home, before=False)
    shifted = tuple((time + nudge_seconds, track) for time, track in warp_b)
    return Clock(tuple(clock.tolist()), Pair(warp_a, shifted))


def _beats(
    own_a: FloatArray, own_b: FloatArray, tempo: Tempo, bars: int, per_bar: int
) -> FloatArray:
    if tempo.leader:
        own = own_a if tempo.leader == "a" else own_b
        return np.asarray(own - own[0])
    # Equal steps of a constant factor from bar to bar, half a step at either end.
    way = (np.arange(bars) + 0.5) / bars
    bpm = tempo.start_bpm * (tempo.end_bpm / tempo.start_bpm) ** way
    return np.concatenate([[0.0], np.cumsum(np.repeat(60.0 / bpm, per_bar))])


def _warp(track: Analysis, cue: int, clock: FloatArray, home: int | None, *, before: bool) -> Warp:
    """Points at the bar lines of the window, and of the bars on the way from or to its own tempo.

    `home` is how many bars that takes; the one after them is at the track's own tempo, and the line
    goes on from there.
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
    """Rates from near `rate` to 1 in equal steps of a constant factor, and a last one of 1."""
    left = 1.0 - (np.arange(bars) + 0.5) / max(bars, 1)
    return np.append(rate**left, 1.0)


def _straightened(clock: FloatArray, track: FloatArray) -> Warp:
    """The first and the last point alone where the rest lies on the line between them."""
    line = np.interp(clock, clock[[0, -1]], track[[0, -1]])
    keep = [0, -1] if np.abs(line - track).max() < STRAIGHT_SECONDS else slice(None)
    return tuple(zip(clock[keep].tolist(), track[keep].tolist(), strict=True))
