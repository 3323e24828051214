"""Plan the window of a real transition: whole bars around the overlap of both tracks."""

from __future__ import annotations

import math

import attrs

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import ClockSection, TrackPlan, TransitionPlan
from djtrans.inverse.plan import UNKNOWN_TECHNIQUE

FEWEST_BARS, MOST_BARS = 4, 64
#: Least number of bars beyond the overlap on either side; as many as in the overlap if that is
#: longer. Long fades are detected late and lost early: of 15 s over which two tracks are mixed, 4
#: to 7 s are found.
LEAD_BARS = 4
#: Windows are a multiple of this many bars: a training batch holds windows of one length.
WHOLE_BARS = 4
#: Largest relative difference of the tempos in the mix; beyond it beats diverge within a few bars.
SAME_TEMPO = 0.01
#: Tolerance, in bars, for bar lines at the edge of the excerpt.
_NEAR = 0.02


def plan_on_overlap(
    analyses: Pair[Analysis], overlap: tuple[float, float], seconds: float, name: str
) -> TransitionPlan:
    """Plan the window of two tracks that are aligned to an excerpt of a mix.

    The window holds the overlap and as many bars on either side, at least 4, within the excerpt; a
    multiple of 4 in all. The beat grid is that of the track with the higher grid confidence.

    Parameters
    ----------
    analyses : Pair of Analysis
        Of the tracks as aligned to the excerpt, in one tempo octave.
    overlap : tuple of float
        Interval in which both tracks are audible, in seconds of the excerpt; reversed after a cut.
    seconds : float
        Length of the excerpt.
    name : str
        Name of the mix.

    Returns
    -------
    TransitionPlan
        Time 0 is the start of the window, and the warps lead into the excerpt. The swap is in the
        middle until the curves are known.

    Raises
    ------
    InputError
        If the tracks have two tempos, or the window would be shorter than 4 bars or longer than 64.
    """
    tempos = [analysis.grid.bpm for analysis in analyses]
    if abs(tempos[0] / tempos[1] - 1.0) > SAME_TEMPO:
        raise InputError(
            f"its tracks play at {tempos[0]:.1f} and {tempos[1]:.1f} BPM; inverse mixing needs "
            "beat-matched tracks."
        )
    reference = max(analyses, key=_grid_confidence)
    grid = reference.grid
    first, last = _bars(reference, overlap, seconds)
    begin, per_bar = grid.beat_of_bar(first), grid.beats_per_bar
    start = float(grid.time_of(begin))
    beats = tuple(
        float(grid.time_of(begin + i)) - start for i in range((last - first) * per_bar + 1)
    )
    swap = ((last - first) // 2) * per_bar
    a, b = (_side(analysis, start, start + beats[swap]) for analysis in analyses)
    return TransitionPlan(
        technique=UNKNOWN_TECHNIQUE,
        bars=last - first,
        swap_beat=swap,
        beat_times=beats,
        a=a,
        b=b,
        key_distance=analyses.a.key.distance(analyses.b.key),
        beats_per_bar=per_bar,
        reasons=(f"recovered from {name}",),
        confidence=_grid_confidence(reference),
    )


def _grid_confidence(analysis: Analysis) -> float:
    return min(analysis.grid.confidence, analysis.grid.downbeat_confidence)


def _bars(analysis: Analysis, overlap: tuple[float, float], seconds: float) -> tuple[int, int]:
    """Return the first bar of the window and the bar after its last."""
    grid = analysis.grid

    def bar_of(time: float) -> float:
        return float(grid.beat_of(time) - grid.first_downbeat) / grid.beats_per_bar

    lowest, highest = math.ceil(bar_of(0.0) - _NEAR), math.floor(bar_of(seconds) + _NEAR)
    first, last = (bar_of(time) for time in sorted(overlap))
    first, last = math.floor(first), math.ceil(last)
    if last - first > MOST_BARS:
        raise InputError(
            f"its tracks overlap over {last - first} bars; {MOST_BARS} at most can be fitted."
        )
    lead = min(max(LEAD_BARS, last - first), (MOST_BARS - (last - first)) // 2)
    first, last = max(first - lead, lowest), min(last + lead, highest)
    if last - first < FEWEST_BARS:
        raise InputError(
            f"it has {max(last - first, 0)} whole bars around the overlap; {FEWEST_BARS} at least "
            "are needed."
        )
    extra = (last - first) % WHOLE_BARS
    return first + extra // 2, last - (extra - extra // 2)


def _side(analysis: Analysis, start: float, swap: float) -> TrackPlan:
    """Plan one track, which is aligned to the mix without a warp from `start` on."""
    grid = analysis.grid

    def bar_at(time: float) -> int:
        return round(float(grid.beat_of(time) - grid.first_downbeat) / grid.beats_per_bar)

    def on_clock(bar: int) -> float:
        return grid.time_of_bar(bar) - start

    cue, at_swap = bar_at(start), bar_at(swap)
    return TrackPlan(
        cue_seconds=start,
        cue_bar=cue,
        swap_bar=at_swap,
        cue_section=analysis.section_at(cue).label,
        swap_section=analysis.section_at(at_swap).label,
        swap_on_phrase=at_swap in analysis.phrase_bars,
        place="",
        warp=((0.0, start), (1.0, start + 1.0)),
        gain_db=0.0,
        bpm=grid.bpm,
        key=analysis.key.camelot,
        phrase_lines=tuple(on_clock(bar) for bar in sorted(analysis.phrase_bars)),
        sections=tuple(
            ClockSection(s.label, on_clock(s.start_bar), on_clock(s.end_bar), s.level_db)
            for s in analysis.sections
        ),
    )


def with_swap_at(plan: TransitionPlan, beat: int, analyses: Pair[Analysis]) -> TransitionPlan:
    """Move the swap of a plan to a beat, and update the sections of both tracks there."""
    start = plan.a.cue_seconds
    a, b = (_side(analysis, start, start + plan.beat_times[beat]) for analysis in analyses)
    return attrs.evolve(
        plan,
        swap_beat=beat,
        a=attrs.evolve(a, gain_db=plan.a.gain_db),
        b=attrs.evolve(b, gain_db=plan.b.gain_db),
    )
