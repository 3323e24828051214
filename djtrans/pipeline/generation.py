"""Generate a transition between two tracks."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

import attrs

from djtrans.core.errors import InputError, PlanError
from djtrans.core.track.lazy_track import keep_samples_hash
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import AlignedTrack, Span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile, load_params
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.background import in_background, may_run_beside
from djtrans.core.util.profiling import timed
from djtrans.core.util.progress import ProgressCallback
from djtrans.diffusion.loading import choose_model
from djtrans.diffusion.model import DiffusionModel
from djtrans.metrics.gates import worse_gates
from djtrans.objectives import PowerModel
from djtrans.pipeline.completion import finish, generate_transition_params
from djtrans.pipeline.curve_generation import compatible_model, rules_reason, unsupported_reason
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.option_checks import check_components
from djtrans.pipeline.options import AUTO, GenerateFields, GenerateOptions
from djtrans.pipeline.power_measurement import power_model
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.refinement import refine, refine_predicted
from djtrans.pipeline.transition import Transition
from djtrans.planning.options import PlanOptions
from djtrans.refinement import RefinementConfig
from djtrans.registry import Registry, default_registry

if TYPE_CHECKING:
    from typing_extensions import Unpack


def generate(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    options: GenerateOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
    **fields: Unpack[GenerateFields],
) -> Transition:
    """Make a transition from track A into track B.

    Parameters
    ----------
    a, b : path or Track
        The outgoing and the incoming track: wav, flac, ogg or mp3.
    options : GenerateOptions, optional
        Technique, model, length, position, components and so on.
    progress : callable, optional
        Receives a `Progress` event for each step, with the fraction of it that is done.
    registry : Registry, optional
    **fields
        Fields of :class:`djtrans.GenerateOptions`, which replace those of `options`:
        ``technique="bass-swap"``, ``bars=16``.

    Returns
    -------
    Transition

    Raises
    ------
    DjtransError
        If a file cannot be used, an option is not allowed, or nothing can be planned.

    See Also
    --------
    djtrans.GenerateOptions : All options, their units and defaults.
    djtrans.render : Render a transition again from its params file.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.generate("a.mp3", "b.mp3", technique="fade")  # doctest: +SKIP
    >>> transition.save("out.wav")  # doctest: +SKIP
    """
    options = GenerateOptions.of(options, fields)
    with timed("plugins"):
        registry = registry or default_registry()
    source = load_source(options, registry)
    preparation = options.preparation
    varied = None if options.vary is None else load_params(options.vary)
    steps = Steps(progress)
    prepared = prepare(a, b, preparation, steps=steps, registry=registry)
    with steps.step("plan"):
        source = compatible_source(source, prepared, options)
        plan_options = prepared.plan_options(options)
        if source is not None:
            plan_options = attrs.evolve(plan_options, frames_per_beat=source.frames_per_beat)
        if varied is None:
            with timed("candidates"):
                plan = _candidate(prepared, options, plan_options)
            if not plan_options.nudge_ms:
                with timed("nudge"):
                    plan = prepared.nudge(plan)
        else:
            _check_made_of(prepared, varied)
            plan = varied.plan
        span = prepared.span(plan, options.context, options.full)
    transition = make_transition(
        prepared, plan, span, options, source=source, varied=varied, steps=steps
    )
    with timed("hash samples"):
        for given, track in zip((a, b), prepared.tracks, strict=True):
            if not isinstance(given, Track):
                keep_samples_hash(track)
    if options.refine not in ("off", AUTO):
        config = RefinementConfig(prediction=options.refine)
        transition = refine(transition, config, progress=progress, registry=registry)
    return transition


def load_source(options: GenerateOptions, registry: Registry) -> DiffusionModel | None:
    """Load the model of the options, None for the rules, and check the options against it."""
    check_components(options, registry)
    with timed("model"):
        source = choose_model(
            options.model,
            scheduler=options.scheduler,
            scheduler_settings=options.preparation.settings.scheduler,
            steps=options.steps,
            guidance_scale=options.guidance_scale,
            device=options.device,
            registry=registry,
        )
    if source is None and (needs := options.needs_model):
        raise InputError(f"{needs}: the rules have no sampling; choose a model (--model).")
    return source


def compatible_source(
    source: DiffusionModel | None, prepared: Prepared, options: GenerateOptions
) -> DiffusionModel | None:
    """Return the model if it fits the mixer and the settings; see `compatible_model`."""
    configured = options.preparation.settings.technique
    named = options.model != AUTO
    return compatible_model(source, prepared.mixer.layout, configured, named=named)


def make_transition(
    prepared: Prepared,
    plan: TransitionPlan,
    span: Span,
    options: GenerateOptions,
    *,
    source: DiffusionModel | None = None,
    varied: ParamsFile | None = None,
    steps: Steps | None = None,
) -> Transition:
    """Generate the curves of a plan, and render them.

    A model that the user did not name must not be worse than the rules: where a gate of its render
    is doubtful, the curves of the rules are rendered too, and used if a gate is better with them.

    Parameters
    ----------
    prepared : Prepared
    plan : TransitionPlan
    span : Span
        Part of the timeline to be rendered.
    options : GenerateOptions
    source : DiffusionModel, optional
        Model that generates the curves, see :func:`compatible_source`.
    varied : ParamsFile, optional
        Curves that the model varies; the plan is theirs and stays as it is.
    steps : Steps, optional
        Receives progress and wall time.

    Returns
    -------
    Transition
    """
    steps = steps or Steps()
    content, aligned = _generate_content(prepared, plan, span, options, source, varied, steps)
    made = finish(prepared.mixer, content, aligned, prepared.device, steps)
    if options.model != AUTO or options.needs_model or not _is_sampled(content, options):
        return made
    with steps.step("check"):
        if not any(gate.is_doubtful for gate in made.gates()):
            return made
    by_rules = generate_transition_params(
        prepared, content.plan, span, aligned, options, steps=steps
    )
    other = finish(prepared.mixer, by_rules, aligned, prepared.device, steps)
    with steps.step("check"):
        worse = worse_gates(other.gates(), made.gates())
    if not worse:
        return made
    why = rules_reason(f"it makes {', '.join(worse)}")
    return other.with_reason(why)


def _generate_content(
    prepared: Prepared,
    plan: TransitionPlan,
    span: Span,
    options: GenerateOptions,
    source: DiffusionModel | None,
    varied: ParamsFile | None,
    steps: Steps,
) -> tuple[ParamsFile, Pair[AlignedTrack]]:
    """Align the tracks to a plan, refine it by their stems, and generate its curves."""
    registry = prepared.registry
    aligned = prepared.align(plan, span, steps, cached=True)
    if varied is None:
        plan = prepared.refine(plan, aligned)
    if source is not None and options.model == AUTO:
        why = unsupported_reason(source, plan, registry)
        if why:
            # The user named no model: using the rules is a reason in the plan, not a warning.
            plan = attrs.evolve(plan, reasons=(*plan.reasons, rules_reason(why)))
            source = None
    # Sampling and refinement predict the mix from the same measurement.
    measure: Callable[[], PowerModel] = cache(
        partial(_measure_powers, prepared, plan, aligned, span)
    )
    if source is not None and may_run_beside():
        measure = in_background(measure)
    content = generate_transition_params(
        prepared,
        plan,
        span,
        aligned,
        options,
        model=source,
        varied=varied,
        measure=measure,
        steps=steps,
    )
    if options.refine == AUTO and _is_sampled(content, options):
        content = refine_predicted(content, measure, steps, registry)
    return content, aligned


def _measure_powers(
    prepared: Prepared, plan: TransitionPlan, aligned: Pair[AlignedTrack], span: Span
) -> PowerModel:
    with one_thread():
        return power_model(prepared.mixer, plan, aligned, prepared.isolated, span)


def _is_sampled(content: ParamsFile, options: GenerateOptions) -> bool:
    """Return True if a model generated the curves as they are, and close to no others."""
    is_new = options.vary is None and options.n_frames is None
    return content.provenance.model is not None and is_new


def _candidate(
    prepared: Prepared, options: GenerateOptions, plan_options: PlanOptions
) -> TransitionPlan:
    """Return the plan of the requested rank."""
    plans = prepared.plans(options.technique, plan_options, count=options.candidate)
    if len(plans) < options.candidate:
        raise PlanError(
            f"candidate = {options.candidate}, but only {len(plans)} plans differ clearly; give 1 "
            f"to {len(plans)}."
        )
    return plans[-1]


def _check_made_of(prepared: Prepared, varied: ParamsFile) -> None:
    """Raise InputError if a params file is of other tracks, stems or another mixer."""
    for side, track in prepared.tracks.items():
        recorded = varied.provenance.tracks[side]
        if recorded.sha256 != track.sha256:
            raise InputError(
                f"Track {side.upper()}, {track.name}, is not the file that the curves to vary "
                f"were made for ({recorded.name}); give the same two files, in the same order."
            )
        if recorded.separator.name != prepared.separators[side].name:
            raise InputError(
                f"The curves to vary were made for the stems of {recorded.separator.name}; choose "
                f"the same separator, not {prepared.separators[side].name}."
            )
    if varied.params.layout.digest != prepared.mixer.layout.digest:
        raise InputError(
            "The curves to vary were made for another mixer; choose that one (--mixer)."
        )
