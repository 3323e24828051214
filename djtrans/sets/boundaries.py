"""Boundaries of a set: a transition or a gap, and the conversion of a plan to the set's terms."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from djtrans.core.audio.warping import pieces
from djtrans.core.transition.alignment import Span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan, Warp, track_seconds

#: Bars that are rendered with a transition before its window and after it, where the outgoing
#: track and then the incoming one is unprocessed but for the tails of effects.
BARS_BEFORE, BARS_AFTER = 1, 4
#: Least number of bars between the rendered parts of two transitions, to change the tempo.
LEAST_BARS_BETWEEN = 3


@attrs.frozen(kw_only=True)
class Gap:
    """A boundary without a common beat: a track ends, and after a pause the next one starts.

    Attributes
    ----------
    end_seconds : float
        Track time at which the outgoing track ends.
    start_seconds : float
        Track time at which the incoming one starts.
    fade_seconds : float
        Length of the fade before the end; 0 is a cut.
    pause_seconds : float
        Length of the silence.
    reason : str
        Why it is no transition.
    """

    end_seconds: float
    start_seconds: float
    fade_seconds: float
    pause_seconds: float
    reason: str = ""


Boundary: TypeAlias = "TransitionPlan | Gap"


def settled(plan: TransitionPlan, gains_db: Pair[float]) -> TransitionPlan:
    """Convert a plan to the set: its tempo goes on beyond the window, its gains are the set's.

    Between two transitions, the set changes the tempo; a plan of a single transition returns to
    the tracks' own tempos and levels.

    Parameters
    ----------
    plan : TransitionPlan
    gains_db : Pair of float
        Gains of both tracks in the set.
    """
    a, b = (
        attrs.evolve(
            side, warp=_within(side.warp, plan.window_seconds), gain_db=gain_db, gain_ease=None
        )
        for side, gain_db in zip(plan.sides, gains_db, strict=True)
    )
    return attrs.evolve(plan, a=a, b=b)


def _within(warp: Warp, length: float) -> Warp:
    """Reduce a time map to the window; its first and last rate extend beyond it."""
    if len(warp) == 2:
        return warp
    inner = [(clock, track) for clock, track in warp if 1e-6 < clock < length - 1e-6]
    ends = [(clock, track_seconds(warp, clock)) for clock in (0.0, length)]
    return (ends[0], *inner, ends[1])


def rendered_span(plan: TransitionPlan, sample_rate: int) -> Span:
    """Return the part of a plan's timeline that is rendered for the set."""
    beats = len(plan.beat_times) - 1 + BARS_AFTER * plan.beats_per_bar
    return Span(
        round(plan.clock_of_beat(-BARS_BEFORE * plan.beats_per_bar) * sample_rate),
        round(plan.clock_of_beat(beats) * sample_rate),
    )


def edge(warp: Warp, sample: int, sample_rate: int, *, last: bool) -> tuple[float, float]:
    """Return track time and rate at a sample of the timeline beyond the window.

    Parameters
    ----------
    warp : tuple of (float, float)
    sample : int
        Of the timeline, before the window or after it.
    sample_rate : int
    last : bool
        After the window.

    Returns
    -------
    track_seconds, rate : float
        As they are rendered: at rate 1, the time of a whole sample of the track.
    """
    piece = pieces(warp)[-1 if last else 0]
    if abs(piece.rate - 1.0) < 1e-9:
        lead = round((piece.track - piece.clock) * sample_rate)
        return (sample + lead) / sample_rate, 1.0
    return piece.track + (sample / sample_rate - piece.clock) * piece.rate, piece.rate
