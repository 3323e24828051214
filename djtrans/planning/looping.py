"""Find bars of A to loop if its end is too short to mix out of."""

from __future__ import annotations

import math

from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.plan import Loop
from djtrans.planning.usable_range import FADE_OUT_DB, audible_end, median_db
from djtrans.planning.vocals import sung

#: Lengths of a loop in bars, the preferred first.
LOOP_BARS = (8, 4)
#: A loop starts a multiple of this many bars into a phrase.
STEP_BARS = 4
#: Least distance from the end of a loop to the end of the track.
END_SECONDS = 0.002


def find_loop(track: Analysis, bars: int) -> Loop:
    """Find the last loud bars without vocals, and the repeats that extend the track by `bars`.

    Parameters
    ----------
    track : Analysis
        In the tempo octave of the plan.
    bars : int
        Bars needed after the first pass of the loop.

    Raises
    ------
    PlanError
        If there are no such bars.
    """
    least = median_db(track) - FADE_OUT_DB
    starts = {
        phrase.start_bar + i for phrase in track.phrases for i in range(0, phrase.bars, STEP_BARS)
    }
    for stop in range(audible_end(track), 0, -1):
        for length in LOOP_BARS:
            start = stop - length
            if start in starts and all(
                not sung(track, bar) and track.bar_level_db[bar] >= least
                for bar in range(start, stop)
            ):
                return _cut(track, start, length, math.ceil(bars / length))
    raise PlanError("A has no four consecutive loud bars without vocals that could be looped")


def _cut(track: Analysis, start: int, bars: int, repeats: int) -> Loop:
    begin, end = (track.grid.time_of_bar(bar) for bar in (start, start + bars))
    # A track that ends with the bar may end slightly before the grid's bar line. Both cuts then
    # move earlier by the same time, so that the loop keeps its length and every beat its time.
    late = max(0.0, end + END_SECONDS - track.duration_seconds)
    return Loop(
        start_bar=start,
        bars=bars,
        repeats=repeats,
        start_seconds=max(begin - late, 0.0),
        stop_seconds=max(begin - late, 0.0) + end - begin,
    )
