"""Plan several techniques around one shared swap, for a comparison on the same music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from djtrans.core.errors import DjtransError, PlanError
from djtrans.core.transition.alignment import AlignedTrack, Span
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.pipeline.preparation import Prepared
from djtrans.planning.options import WINDOW_BARS
from djtrans.planning.tempo import tempos_reachable
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry

#: Maximum difference of equal times; 0.5 ms are inaudible.
SAME_TIME_SECONDS = 5e-4


@attrs.frozen
class SharedSwapPlans:
    """Plans of several techniques on one pair.

    Attributes
    ----------
    plans : mapping of str to TransitionPlan
        Plans by technique, the longest first; those that loop A's end or change its speed last.
    reasons : mapping of str to str
        Reasons why the other techniques have no plan.
    """

    plans: Mapping[str, TransitionPlan]
    reasons: Mapping[str, str]

    @property
    def anchor(self) -> TransitionPlan | None:
        """The first plan, whose swap the others share."""
        return next(iter(self.plans.values()), None)

    def shares_swap(self, technique: str) -> bool:
        """Return True if the swap of a technique equals the anchor's in both tracks."""
        anchor = self.anchor
        return anchor is not None and same_swap(self.plans[technique], anchor)


def plan_around_shared_swap(
    prepared: Prepared,
    techniques: Sequence[str],
    *,
    bars: int = 0,
    cue_a: float | None = None,
    cue_b: float | None = None,
    stretch_limit: float = 0.08,
    own_place: bool = False,
) -> SharedSwapPlans:
    """Plan several techniques around the swap of the one with the longest window.

    Parameters
    ----------
    prepared : Prepared
        Prepared pair.
    techniques : sequence of str
        Names of the techniques.
    bars : int
        Requested length, of which each technique uses the nearest that it allows; 0: its default.
    cue_a, cue_b : float, optional
        Start of the longest window in each track, in seconds.
    stretch_limit : float
        Maximum tempo change, as a fraction.
    own_place : bool
        Let the planner place each technique on its own.

    Returns
    -------
    SharedSwapPlans
        A technique that does not fit around the shared swap keeps its own.
    """
    timeline = _timeline_options(prepared, stretch_limit)
    plans: dict[str, TransitionPlan] = {}
    reasons: dict[str, str] = {}
    for name in techniques:
        try:
            plans[name] = prepared.plan(
                name,
                bars=nearest_length(prepared.registry, name, bars),
                cue_a_seconds=cue_a,
                cue_b_seconds=cue_b,
                stretch_limit=stretch_limit,
                **timeline,
            )
        except DjtransError as error:
            reasons[name] = str(error)
    # The longest is the anchor, and one whose end of A is looped or slowed only if all are.
    plans = dict(sorted(plans.items(), key=lambda item: (_ends(item[1]), -item[1].bars)))
    if own_place or not plans:
        return SharedSwapPlans(plans, reasons)
    anchor = next(iter(plans.values()))
    moved = {n: _moved(prepared, n, p, anchor, stretch_limit, timeline) for n, p in plans.items()}
    return SharedSwapPlans(moved, reasons)


def _timeline_options(prepared: Prepared, limit: float) -> dict[str, Any]:
    """Return plan options with a common timeline: B stays at A's tempo.

    Otherwise B would return to its tempo after a short window, but not yet in a long one.
    """
    a, b = match_tempo_octaves(*prepared.analyses)
    tempo = "a" if tempos_reachable(a, b, limit) else "auto"
    return {"tempo": tempo, "ease_bars": 0, "shift_beats": 0}


def nearest_length(registry: Registry, technique: str, bars: int) -> int:
    """Return the allowed window length of a technique nearest to `bars`; 0 stays 0."""
    declaration = registry.techniques.find(technique).declaration
    if bars == 0:
        return bars
    shortest, _, longest = declaration.bars
    fitting = [length for length in WINDOW_BARS if shortest <= length <= longest]
    return min(fitting, key=lambda length: abs(length - bars), default=bars)


def _moved(
    prepared: Prepared,
    name: str,
    plan: TransitionPlan,
    anchor: TransitionPlan,
    limit: float,
    timeline: Mapping[str, Any],
) -> TransitionPlan:
    """Move a plan to the anchor's swap; return it unchanged if that is not possible."""
    if same_swap(plan, anchor):
        return plan
    swap = anchor.swap_seconds
    try:
        moved = prepared.plan(
            name,
            bars=plan.bars,
            swap_a_seconds=track_seconds(anchor.a.warp, swap),
            swap_b_seconds=track_seconds(anchor.b.warp, swap),
            stretch_limit=limit,
            **timeline,
        )
    except (PlanError, ValueError):
        return plan
    return moved if same_swap(moved, anchor) else plan


def same_swap(one: TransitionPlan, other: TransitionPlan) -> bool:
    """Return True if two plans swap at the same time of both tracks."""
    return all(
        abs(track_seconds(x.warp, one.swap_seconds) - track_seconds(y.warp, other.swap_seconds))
        < SAME_TIME_SECONDS
        for x, y in ((one.a, other.a), (one.b, other.b))
    )


def timeline_shift(plan: TransitionPlan, anchor: TransitionPlan, sample_rate: int) -> int | None:
    """Compute the offset in samples between the timelines of a plan and the anchor.

    Returns
    -------
    int or None
        None if the warp or the gain of a track differs between the two timelines, or one of them
        loops a track's end or changes its speed.
    """
    if plan is anchor:
        return 0
    shift = round((anchor.swap_seconds - plan.swap_seconds) * sample_rate)
    for one, other in ((plan.a, anchor.a), (plan.b, anchor.b)):
        if one.playback or other.playback or abs(one.gain_db - other.gain_db) > 1e-6:
            return None
        if not _same_ease(one.gain_ease, other.gain_ease, shift / sample_rate):
            return None
        for seconds in plan.beat_times:
            expected = track_seconds(other.warp, seconds + shift / sample_rate)
            if abs(track_seconds(one.warp, seconds) - expected) > SAME_TIME_SECONDS:
                return None
    return shift


def _same_ease(one: GainEase | None, other: GainEase | None, shift_seconds: float) -> bool:
    """Return True if two gains are eased alike on timelines that differ by a shift."""
    if one is None or other is None:
        return one is other
    return (
        abs(one.start + shift_seconds - other.start) < SAME_TIME_SECONDS
        and abs(one.stop + shift_seconds - other.stop) < SAME_TIME_SECONDS
        and abs(one.gain_db - other.gain_db) < 1e-6
    )


def _ends(plan: TransitionPlan) -> bool:
    """Return True if a plan loops a track's end or changes its speed."""
    return any(side.playback for side in plan.sides)


def shifted_span(span: Span, samples: int) -> Span:
    """Convert a span to a timeline that starts `samples` earlier."""
    return Span(span.start + samples, span.stop + samples)


def on_timeline(track: AlignedTrack, shift: int) -> AlignedTrack:
    """Convert an aligned track to a timeline that starts `shift` samples later."""
    return attrs.evolve(
        track,
        span=shifted_span(track.span, -shift),
        stems_span=shifted_span(track.stems_span, -shift),
    )
