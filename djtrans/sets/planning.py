"""Plan the boundaries of a set, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis, Levels
from djtrans.core.track.track import Track
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.generation import compatible_source, load_source
from djtrans.pipeline.options import AUTO, GenerateOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.planning.options import PlanOptions
from djtrans.registry import Registry
from djtrans.sets.boundaries import (
    BARS_BEFORE,
    LEAST_BARS_BETWEEN,
    Boundary,
    rendered_span,
    settled,
)
from djtrans.sets.endings import Entry, entry_of, make_gap
from djtrans.sets.loading import load_again
from djtrans.sets.options import SetOptions
from djtrans.sets.scanning import SetTrack
from djtrans.sets.schedule import make_part

#: Margin of the rates that are assumed of a track to keep its least and greatest time.
_RATE_MARGIN = 0.02


def plan_boundaries(
    tracks: Sequence[SetTrack],
    gains_db: Sequence[float],
    options: SetOptions,
    transition: GenerateOptions,
    sample_rate: int,
    channels: int,
    registry: Registry,
    progress: ProgressCallback | None = None,
) -> list[Boundary]:
    """Plan the boundaries of a set in order: each transition starts after the one before it.

    Parameters
    ----------
    tracks : sequence of SetTrack
        In the order of the set.
    gains_db : sequence of float
        Gain of each track.
    options : SetOptions
    transition : GenerateOptions
        Options of each transition, with a named separator.
    sample_rate, channels : int
        Of the mix.
    registry : Registry
    progress : callable, optional
        Receives an event of stage "plans" for each boundary.

    Returns
    -------
    list of TransitionPlan or Gap
        One fewer than tracks.
    """
    source = load_source(transition, registry)
    count = len(tracks) - 1
    found: list[Boundary] = []
    loaded: dict[str, Track] = {}

    def load(track: SetTrack) -> Track:
        if track.path not in loaded:
            loaded[track.path] = load_again(track, sample_rate, channels)
        return loaded[track.path]

    for index in range(count):
        if progress is not None:
            progress(Progress("plans", index, count))
        a, b = tracks[index], tracks[index + 1]
        for path in loaded.keys() - {a.path, b.path}:
            del loaded[path]
        entry = entry_of(a, found[-1] if found else None, sample_rate)
        if index + 1 in options.gap_at:
            found.append(make_gap(a, b, entry, options, "", wanted=True))
            continue
        known = {each.sha256: each.analysis for each in (a, b)}
        try:
            with one_thread():
                prepared = prepare(
                    load(a), load(b), transition.preparation, known=known, registry=registry
                )
                model = compatible_source(source, prepared, transition)
                wanted = _limited(prepared.plan_options(transition), a, entry, options)
                if model is not None:
                    wanted = attrs.evolve(wanted, frames_per_beat=model.frames_per_beat)
                gains = Pair(gains_db[index], gains_db[index + 1])
                plan = _planned(prepared, wanted, transition.technique, gains)
            if options.gap != AUTO and not plan.beat_matched:
                raise PlanError("the tracks cannot be beat-matched")
            _check_fits(plan, a, b, entry, options, sample_rate)
        except PlanError as error:
            found.append(make_gap(a, b, entry, options, str(error), wanted=False))
        else:
            found.append(plan)
    if progress is not None:
        progress(Progress("plans", count, count))
    return found


def _planned(
    prepared: Prepared, options: PlanOptions, technique: str, gains: Pair[float]
) -> TransitionPlan:
    """Plan a transition at the levels that the tracks have in the set."""
    analyses = Pair(
        *(
            levelled(analysis, gain_db)
            for analysis, gain_db in zip(prepared.analyses, gains, strict=True)
        )
    )
    levelled_pair = attrs.evolve(prepared, analyses=analyses)
    plan = settled(levelled_pair.plan(technique, options), gains)
    return prepared.nudge(plan)


def _limited(plan: PlanOptions, a: SetTrack, entry: Entry, options: SetOptions) -> PlanOptions:
    """Add the times between which A can be left to the options of the planner."""
    slow, fast = min(entry.rate, 1.0) - _RATE_MARGIN, max(entry.rate, 1.0) + _RATE_MARGIN
    bars = BARS_BEFORE + (LEAST_BARS_BETWEEN if entry.mixed else 1)
    low, high = options.min_seconds, options.max_seconds
    return attrs.evolve(
        plan,
        ease_bars=0,
        earliest_a_seconds=entry.seconds + bars * a.bar_seconds,
        earliest_swap_a_seconds=None if low is None else entry.track_seconds_after(low, fast),
        latest_swap_a_seconds=None if high is None else entry.track_seconds_after(high, slow),
    )


def _check_fits(
    plan: TransitionPlan,
    a: SetTrack,
    b: SetTrack,
    entry: Entry,
    options: SetOptions,
    sample_rate: int,
) -> None:
    """Raise PlanError if a transition leaves too little of a track before or after it."""
    make_part(0, 0, a, entry, plan, options, sample_rate)
    stop = rendered_span(plan, sample_rate).stop / sample_rate
    if track_seconds(plan.b.warp, stop) > b.end_seconds - LEAST_BARS_BETWEEN * b.bar_seconds:
        raise PlanError(f"{b.name} is too short to play after a transition")


def levelled(analysis: Analysis, gain_db: float) -> Analysis:
    """Return the analysis of a track with another level."""
    levels = Levels(
        analysis.levels.integrated_lufs + gain_db, analysis.levels.short_term_p95_lufs + gain_db
    )
    return attrs.evolve(
        analysis,
        levels=levels,
        bar_level_db=analysis.bar_level_db + gain_db,
        bar_low_db=analysis.bar_low_db + gain_db,
        bar_loudness_db=analysis.bar_loudness_db + gain_db,
    )
