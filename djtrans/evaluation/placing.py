"""Several techniques around one swap, so that they meet the same music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from djtrans.core.errors import DjtransError, PlanError
from djtrans.core.transition.alignment import AlignedTrack, Span
from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.pipeline.preparation import Prepared
from djtrans.planning.options import WINDOW_BARS
from djtrans.planning.tempo import tempos_reachable
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry

#: Clocks that lay a track this close to each other are one clock: 0.5 ms are no offset to hear.
SAME_CLOCK_SECONDS = 5e-4


@attrs.frozen
class Places:
    """Where each technique goes.

    Attributes
    ----------
    plans : mapping of str to TransitionPlan
        By technique; the longest first.
    reasons : mapping of str to str
        Why the others have no plan.
    """

    plans: Mapping[str, TransitionPlan]
    reasons: Mapping[str, str]

    @property
    def anchor(self) -> TransitionPlan | None:
        """The plan with the longest window, around whose swap the others lie."""
        return next(iter(self.plans.values()), None)

    def shares_swap(self, technique: str) -> bool:
        """Whether a technique's swap lies where the anchor's does, in both tracks."""
        anchor = self.anchor
        return anchor is not None and same_swap(self.plans[technique], anchor)


def place_together(
    prepared: Prepared,
    techniques: Sequence[str],
    *,
    bars: int = 0,
    cue_a: float | None = None,
    cue_b: float | None = None,
    stretch_limit: float = 0.08,
    own_place: bool = False,
) -> Places:
    """Plan several techniques around the swap of the one with the longest window.

    Parameters
    ----------
    prepared : Prepared
    techniques : sequence of str
    bars : int
        Wanted length: each technique takes the nearest that it can; 0 is its own default.
    cue_a, cue_b : float, optional
        Where the longest window starts in each track, in seconds.
    stretch_limit : float
    own_place : bool
        Each technique where the planner puts it on its own.

    Returns
    -------
    Places
        A technique that does not fit around the common swap keeps its own place.
    """
    clock = _one_clock(prepared, stretch_limit)
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
                **clock,
            )
        except DjtransError as error:
            reasons[name] = str(error)
    plans = dict(sorted(plans.items(), key=lambda item: -item[1].bars))
    if own_place or not plans:
        return Places(plans, reasons)
    anchor = next(iter(plans.values()))
    moved = {n: _moved(prepared, n, p, anchor, stretch_limit, clock) for n, p in plans.items()}
    return Places(moved, reasons)


def _one_clock(prepared: Prepared, limit: float) -> dict[str, Any]:
    """Options that lay all techniques on one clock: A's, and B stays there.

    Otherwise a short window would let B go home while a long one still holds it.
    """
    a, b = match_tempo_octaves(*prepared.analyses)
    tempo = "a" if tempos_reachable(a, b, limit) else "auto"
    return {"tempo": tempo, "ease_bars": 0, "shift_beats": 0}


def nearest_length(registry: Registry, technique: str, bars: int) -> int:
    """The window length nearest to the wanted one that a technique can take; 0 stays 0."""
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
    clock: Mapping[str, Any],
) -> TransitionPlan:
    """The plan with its swap on the anchor's, or as it is if that is not possible."""
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
            **clock,
        )
    except (PlanError, ValueError):
        return plan
    return moved if same_swap(moved, anchor) else plan


def same_swap(one: TransitionPlan, other: TransitionPlan) -> bool:
    """Whether two plans swap at the same time of both tracks."""
    return all(
        abs(track_seconds(x.warp, one.swap_seconds) - track_seconds(y.warp, other.swap_seconds))
        < SAME_CLOCK_SECONDS
        for x, y in ((one.a, other.a), (one.b, other.b))
    )


def clock_shift(plan: TransitionPlan, anchor: TransitionPlan, sample_rate: int) -> int | None:
    """Samples from the anchor's clock to the plan's, if both lay the tracks alike.

    Returns
    -------
    int or None
        None if a track lies or sounds otherwise on the two clocks.
    """
    shift = round((anchor.swap_seconds - plan.swap_seconds) * sample_rate)
    for one, other in ((plan.a, anchor.a), (plan.b, anchor.b)):
        if abs(one.gain_db - other.gain_db) > 1e-6:
            return None
        for clock in plan.beat_times:
            there = track_seconds(other.warp, clock + shift / sample_rate)
            if abs(track_seconds(one.warp, clock) - there) > SAME_CLOCK_SECONDS:
                return None
    return shift


def moved_span(span: Span, samples: int) -> Span:
    """A span of a clock, said on a clock that starts `samples` earlier."""
    return Span(span.start + samples, span.stop + samples)


def on_clock(track: AlignedTrack, shift: int) -> AlignedTrack:
    """An aligned track, said on a clock that starts `shift` samples later."""
    return attrs.evolve(
        track,
        span=moved_span(track.span, -shift),
        stems_span=moved_span(track.stems_span, -shift),
    )
