"""The window of a real transition: whole bars over the part in which both tracks are heard."""

from __future__ import annotations

import math

import attrs

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import ClockSection, TrackPlan, TransitionPlan
from djtrans.inverse.plan import UNKNOWN_TECHNIQUE

FEWEST_BARS, MOST_BARS = 4, 64
#: What the window holds beyond the overlap on either side, at least; and as much as the overlap,
#: where that is longer. A track that is faded in is heard beside the other one late, and one that
#: is faded out is lost early: of 15 s that two tracks are mixed over, 4 to 7 s are found.
LEAD_BARS = 4
#: Windows are so many bars or a multiple: a batch in training holds windows of one length.
WHOLE_BARS = 4
#: Tempos on the clock of a mix that differ by more are two: their beats part within a few bars.
SAME_TEMPO = 0.01
#: A bar line this near to the edge of the excerpt lies on it, in bars.
_NEAR = 0.02


def plan_on_overlap(
    analyses: Pair[Analysis], overlap: tuple[float, float], seconds: float, name: str
) -> TransitionPlan:
    """The plan of two tracks that lie on an excerpt of a mix already.

    The window holds the overlap and as many bars on either side, at least 4, as far as the excerpt
    goes; a multiple of 4 in all. Beats and ones are those of the track whose grid is the surer one.

    Parameters
    ----------
    analyses : Pair of Analysis
        Of the tracks as they lie on the clock of the excerpt, counted in one
        octave.
    overlap : tuple of float
        From when to when both tracks are heard, in seconds of the excerpt; in either order, as
        after a cut.
    seconds : float
        Length of the excerpt.
    name : str
        What the mix is called.

    Returns
    -------
    TransitionPlan
        Clock 0 is the start of the window, and the warps lead into the excerpt. The swap is in the
        middle, since nobody knows better yet.

    Raises
    ------
    InputError
        If the tracks have two tempos, or the window would be shorter than 4 bars or longer than 64.
    """
    tempos = [analysis.grid.bpm for analysis in analyses]
    if abs(tempos[0] / tempos[1] - 1.0) > SAME_TEMPO:
        raise InputError(
            f"its tracks play at {tempos[0]:.1f} and {tempos[1]:.1f} BPM; those that are fitted "
            "share their beats."
        )
    surer = max(analyses, key=_surety)
    grid = surer.grid
    first, last = _bars(surer, overlap, seconds)
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
        confidence=_surety(surer),
    )


def _surety(analysis: Analysis) -> float:
    return min(analysis.grid.confidence, analysis.grid.downbeat_confidence)


def _bars(analysis: Analysis, overlap: tuple[float, float], seconds: float) -> tuple[int, int]:
    """First bar of the window and the bar after its last."""
    grid = analysis.grid

    def bar_of(time: float) -> float:
        return float(grid.beat_of(time) - grid.first_downbeat) / grid.beats_per_bar

    lowest, highest = math.ceil(bar_of(0.0) - _NEAR), math.floor(bar_of(seconds) + _NEAR)
    first, last = (bar_of(time) for time in sorted(overlap))
    first, last = math.floor(first), math.ceil(last)
    if last - first > MOST_BARS:
        raise InputError(
            f"its tracks are heard together over {last - first} bars; {MOST_BARS} at most are "
            "fitted."
        )
    lead = min(max(LEAD_BARS, last - first), (MOST_BARS - (last - first)) // 2)
    first, last = max(first - lead, lowest), min(last + lead, highest)
    if last - first < FEWEST_BARS:
        raise InputError(
            f"it has {max(last - first, 0)} whole bars around the overlap; {FEWEST_BARS} at least "
            "are fitted."
        )
    extra = (last - first) % WHOLE_BARS
    return first + extra // 2, last - (extra - extra // 2)


def _side(analysis: Analysis, start: float, swap: float) -> TrackPlan:
    """A track's part, which lies as it is from `start` of its file on."""
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
    """The plan with the swap on a beat, and what of each track lies there."""
    start = plan.a.cue_seconds
    a, b = (_side(analysis, start, start + plan.beat_times[beat]) for analysis in analyses)
    return attrs.evolve(
        plan,
        swap_beat=beat,
        a=attrs.evolve(a, gain_db=plan.a.gain_db),
        b=attrs.evolve(b, gain_db=plan.b.gain_db),
    )
