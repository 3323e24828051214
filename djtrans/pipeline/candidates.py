"""Generate several distinct transitions between two tracks, and rank them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import InputError
from djtrans.core.track.lazy_track import keep_samples_hash
from djtrans.core.track.track import Track
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.progress import ProgressCallback
from djtrans.diffusion.model import DiffusionModel
from djtrans.pipeline.generation import compatible_source, load_source, make_transition
from djtrans.pipeline.options import AUTO, GenerateFields, GenerateOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.refinement import refine
from djtrans.pipeline.transition import Transition
from djtrans.refinement import RefinementConfig
from djtrans.registry import Registry, default_registry

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: Largest number of candidates: number keys choose them in the report.
MOST_CANDIDATES = 9
#: Least difference of the curves of one plan from two seeds, see :func:`curve_distance`. It was
#: 0.015 to 0.033 between nine pairs of seeds of the bundled model, sampled and refined by default.
DISTINCT_CURVES = 0.02
#: Further seeds that are tried for each plan.
_SEEDS = 3


def generate_candidates(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    count: int = 3,
    options: GenerateOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
    **fields: Unpack[GenerateFields],
) -> list[Transition]:
    """Make several distinct transitions from track A into track B, the best first.

    Two candidates differ in the technique, or by at least 8 bars in the swap of a track. Where the
    planner finds fewer such plans, a model generates curves of the same plans from further seeds;
    they count as distinct if :func:`curve_distance` is at least :data:`DISTINCT_CURVES`. Candidates
    are ranked by the number of failed gates, then of warnings, then by the cost of their plan.

    Parameters
    ----------
    a, b : path or Track
        The outgoing and the incoming track.
    count : int
        Number of candidates, 1 to 9.
    options : GenerateOptions, optional
        Options of all candidates.
    progress : callable, optional
        Progress callback.
    registry : Registry, optional
    **fields
        Fields of :class:`djtrans.GenerateOptions`, which replace those of `options`.

    Returns
    -------
    list of Transition
        At most `count`; fewer if the tracks allow no more.

    Raises
    ------
    DjtransError
        If a file cannot be used, an option is not allowed, or nothing can be planned.

    See Also
    --------
    djtrans.plan_candidates : Plans without rendering.
    djtrans.write_report : Writes a page to compare the candidates.

    Examples
    --------
    >>> import djtrans
    >>> candidates = djtrans.generate_candidates("a.mp3", "b.mp3", 3)  # doctest: +SKIP
    >>> djtrans.write_report("page.html", candidates)  # doctest: +SKIP
    """
    options = GenerateOptions.of(options, fields)
    check_candidates(count, options)
    registry = registry or default_registry()
    source = load_source(options, registry)
    steps = Steps(progress)
    prepared = prepare(a, b, options.preparation, steps=steps, registry=registry)
    with steps.step("plan"):
        source = compatible_source(source, prepared, options)
        plan_options = prepared.plan_options(options)
        if source is not None:
            plan_options = attrs.evolve(plan_options, frames_per_beat=source.frames_per_beat)
        plans = prepared.plans(options.technique, plan_options, count=count)
        if not plan_options.nudge_ms:
            plans = [prepared.nudge(plan) for plan in plans]
    found = [_render(prepared, plan, options, source, steps, progress) for plan in plans]
    for seed, plan in _further(plans, options):
        if len(found) == count:
            break
        alike = [other for other in found if _same_plan(other.plan, plan)]
        if any(other.provenance.model is None for other in alike):
            continue  # the rules of a technique do not depend on the seed
        again = attrs.evolve(options, seed=seed)
        made = _render(prepared, plan, again, source, steps, progress)
        distances = (curve_distance(made.params, other.params) for other in alike)
        if min(distances, default=1.0) >= DISTINCT_CURVES:
            found.append(made)
    for given, track in zip((a, b), prepared.tracks, strict=True):
        if not isinstance(given, Track):
            keep_samples_hash(track)
    with steps.step("measure"):
        return rank(found)


def check_candidates(count: int, options: GenerateOptions) -> None:
    """Raise if the options of several candidates exclude each other.

    Raises
    ------
    InputError
        If they do.
    """
    if not 1 <= count <= MOST_CANDIDATES:
        raise InputError(f"candidates = {count} is not allowed; give 1 to {MOST_CANDIDATES}.")
    if options.candidate != 1:
        raise InputError(
            "Both candidates and candidate are given; give candidates for several transitions, or "
            "candidate for the one of that rank."
        )
    if options.vary is not None:
        raise InputError(
            "Both candidates and vary are given; candidates have plans of their own. Leave out one "
            "of them."
        )


def rank(transitions: Sequence[Transition]) -> list[Transition]:
    """Order transitions by failed gates, warnings, and the cost of their plan."""

    def order(transition: Transition) -> tuple[int, int, float]:
        verdicts = [gate.verdict for gate in transition.gates()]
        return verdicts.count("fail"), verdicts.count("warn"), transition.plan.cost

    return sorted(transitions, key=order)


def curve_distance(first: TransitionParams, second: TransitionParams) -> float:
    """Compute the distance of the curves of one plan.

    Parameters
    ----------
    first, second : TransitionParams
        Curves of the same layout and number of frames.

    Returns
    -------
    float
        Mean absolute difference over the frames, in parts of the parameter's range, of the
        parameters that move in either; 0 if none does.
    """
    one, other = (params.values.detach().cpu().double().numpy() for params in (first, second))
    spans = np.array([row.parameter.span for row in first.layout.rows])
    moves = (np.ptp(one, axis=0) > 0) | (np.ptp(other, axis=0) > 0)
    difference = (np.abs(one - other) / spans)[:, moves]
    return float(difference.mean()) if difference.size else 0.0


def _further(
    plans: Sequence[TransitionPlan], options: GenerateOptions
) -> Iterator[tuple[int, TransitionPlan]]:
    """Yield further seeds, each for all plans in the order of their costs."""
    for step in range(1, _SEEDS + 1):
        yield from ((options.seed + step, plan) for plan in plans)


def _same_plan(first: TransitionPlan, second: TransitionPlan) -> bool:
    cues = [[getattr(plan, track).cue_bar for track in TRACKS] for plan in (first, second)]
    return first.technique == second.technique and cues[0] == cues[1]


def _render(
    prepared: Prepared,
    plan: TransitionPlan,
    options: GenerateOptions,
    source: DiffusionModel | None,
    steps: Steps,
    progress: ProgressCallback | None,
) -> Transition:
    span = prepared.span(plan, options.context, options.full)
    made = make_transition(prepared, plan, span, options, source=source, steps=steps)
    if options.refine in ("off", AUTO):
        return made
    config = RefinementConfig(prediction=options.refine)
    return refine(made, config, progress=progress, registry=prepared.registry)
