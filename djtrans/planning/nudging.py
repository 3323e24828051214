"""Nudge B until its attacks meet A's, as a hand on the platter does."""

from __future__ import annotations

import attrs

from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.metrics.beat_offset import BeatOffset

#: Offsets in ms that are corrected: less is a property of the drums, more is another beat.
LEAST_MS, MOST_MS = 4.0, 30.0
#: Least number of windows with clear onsets, and largest standard deviation of their offsets.
LEAST_WINDOWS, MOST_SPREAD_MS = 8, 6.0


def nudged(plan: TransitionPlan, offset: BeatOffset) -> TransitionPlan:
    """Move B by its measured offset.

    Parameters
    ----------
    plan : TransitionPlan
    offset : BeatOffset
        Of B against A within the window, both unprocessed on the timeline of the plan.

    Returns
    -------
    TransitionPlan
        With the move among its reasons; the same plan if the offset is small, large or unsteady.
    """
    mean, spread = offset.mean_ms, offset.spread_ms
    if mean is None or spread is None or offset.windows < LEAST_WINDOWS:
        return plan
    if not LEAST_MS <= abs(mean) <= MOST_MS or spread > MOST_SPREAD_MS:
        return plan
    late = "late" if mean > 0.0 else "early"
    reason = f"B is moved by {-mean:+.0f} ms: its attacks were measured {abs(mean):.0f} ms {late}"
    return attrs.evolve(plan, b=delayed(plan.b, -mean / 1000.0), reasons=(*plan.reasons, reason))


def delayed(side: TrackPlan, seconds: float) -> TrackPlan:
    """Move a track later on the timeline."""
    (clock_0, track_0), (clock_1, track_1) = side.warp[:2]
    rate = (track_1 - track_0) / (clock_1 - clock_0)
    return attrs.evolve(
        side,
        warp=tuple((clock + seconds, track) for clock, track in side.warp),
        cue_seconds=side.cue_seconds - seconds * rate,
        phrase_lines=tuple(line + seconds for line in side.phrase_lines),
        sections=tuple(
            attrs.evolve(s, start=s.start + seconds, stop=s.stop + seconds) for s in side.sections
        ),
    )
