"""The bars of a track that can be repeated where there is too little of it to mix out of."""

from __future__ import annotations

import math

from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.plan import Loop
from djtrans.planning.usable_range import FADE_OUT_DB, audible_end, median_db
from djtrans.planning.vocals import sung

#: Lengths of a loop in bars, the better first.
LOOP_BARS = (8, 4)
#: A loop starts so many bars, or a multiple, into a phrase.
STEP_BARS = 4
#: The loop ends so long before the track does.
END_SECONDS = 0.002


def find_loop(track: Analysis, bars: int) -> Loop:
    """The last bars of a track that nobody sings in, repeated so often that `bars` are won.

    Parameters
    ----------
    track : Analysis
        As the plan counts it.
    bars : int
        Needed after the loop was heard once.

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
    raise PlanError("A has no four loud bars in a row without a voice that could be looped")


def _cut(track: Analysis, start: int, bars: int, repeats: int) -> Loop:
    begin, end = (track.grid.time_of_bar(bar) for bar in (start, start + bars))
    # A track that ends with the bar may end a little before the grid says so. Both cuts are then
    # made as much earlier: what is repeated is as long, and every beat keeps its time.
    late = max(0.0, end + END_SECONDS - track.duration_seconds)
    return Loop(
        start_bar=start,
        bars=bars,
        repeats=repeats,
        start_seconds=max(begin - late, 0.0),
        stop_seconds=max(begin - late, 0.0) + end - begin,
    )
