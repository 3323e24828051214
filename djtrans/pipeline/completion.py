"""Generate the curves of a planned transition, and render its window."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial

import attrs
import torch

from djtrans.core.transition.alignment import AlignedTrack, Span, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.requests import build_curve_request, reference_level, window_features
from djtrans.core.util.isolation import same_surroundings
from djtrans.core.util.profiling import timed
from djtrans.diffusion.model import DiffusionModel
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.rendering import render_window
from djtrans.objectives import PowerModel
from djtrans.pipeline.curve_generation import NamedTechnique, can_generate
from djtrans.pipeline.curve_sampling import sample_params
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.options import GenerateOptions
from djtrans.pipeline.other_parameters import fill_other_parameters
from djtrans.pipeline.output_level import warn_of_level
from djtrans.pipeline.power_measurement import power_model
from djtrans.pipeline.preparation import Prepared
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.provenance import make_provenance
from djtrans.pipeline.silence import warn_of_silence
from djtrans.pipeline.transition import Transition


def generate_transition_params(
    prepared: Prepared,
    plan: TransitionPlan,
    span: Span,
    aligned: Pair[AlignedTrack],
    options: GenerateOptions | None = None,
    *,
    model: DiffusionModel | None = None,
    varied: ParamsFile | None = None,
    measure: Callable[[], PowerModel] | None = None,
    steps: Steps | None = None,
) -> ParamsFile:
    """Generate the curves of a planned transition.

    Parameters
    ----------
    prepared : Prepared
    plan : TransitionPlan
    span : Span
        Part of the timeline to be rendered.
    aligned : Pair of AlignedTrack
        Both tracks on the timeline of the plan.
    options : GenerateOptions, optional
        Provides the seed, the number of frames, the sampling and the settings of the technique.
    model : DiffusionModel, optional
        Generates the curves instead of the technique if it supports the plan.
    varied : ParamsFile, optional
        Curves that the model varies, with the strength of the options.
    measure : callable, optional
        Measures the power of the stems of `aligned`, if objectives are needed.
    steps : Steps, optional
        Receives progress and wall time.

    Returns
    -------
    ParamsFile
        Curves, plan and provenance, sufficient to render them over `span`.
    """
    options = options or GenerateOptions()
    configured = options.preparation.settings.technique
    registry, layout = prepared.registry, prepared.mixer.layout
    model = None if model is None or not can_generate(model, plan, registry) else model
    if model is not None and (why := model.undertrained):
        warnings.warn(
            f"The model {model.name} may be undertrained: {why}. Train on "
            "(djtrans train --resume), or use the rules (--model none).",
            stacklevel=3,
        )
    # In one thread, as what may run beside it: sums must not depend on which ends first.
    with (steps or Steps()).step("generate"), same_surroundings(), one_thread():
        features_a, features_b = (
            window_features(
                track.window(window_span(plan, track.stems.sample_rate)),
                plan,
                side,
                reference_db=reference_level(analysis, side),
                isolated=isolated,
                extractors=() if model is None else model.extractors,
            )
            for track, side, analysis, isolated in zip(
                aligned, plan.sides, prepared.analyses, prepared.isolated, strict=True
            )
        )
        request = build_curve_request(plan, layout, features_a, features_b, options.seed)
        technique = NamedTechnique.build(registry, plan.technique, configured)
        others: Mapping[str, tuple[str, ...]] = {}
        if model is not None:
            request, others = fill_other_parameters(
                request, model, technique, plan.technique, varied
            )
        params, sampling = sample_params(
            model or technique,
            request,
            torch.tensor(plan.beat_times, dtype=torch.float64),
            options,
            measure=measure
            or partial(power_model, prepared.mixer, plan, aligned, prepared.isolated, span),
            varied=varied,
            registry=registry,
        )
        if options.n_frames is not None:
            params = params.resampled(options.n_frames)
    with timed("provenance"):
        provenance = make_provenance(
            registry,
            prepared.tracks,
            prepared.separators,
            prepared.mixer,
            plan,
            span,
            seed=options.seed,
            technique_config=configured,
            model=model,
            others=others,
            analyses=prepared.analyses,
            level=options.level,
        )
    provenance = attrs.evolve(provenance, sampling=sampling)
    return ParamsFile(params=params, plan=plan, provenance=provenance)


def finish(
    mixer: DifferentiableDJMixer,
    content: ParamsFile,
    aligned: Pair[AlignedTrack],
    device: str,
    steps: Steps,
) -> Transition:
    """Render curves over their span, and warn if the result is silent or far too quiet."""
    params, plan, shape = content.params, content.plan, content.provenance.render
    with steps.step("render"), same_surroundings():
        rendered = render_window(
            mixer.to(device),
            params,
            plan,
            aligned.a,
            aligned.b,
            Span(shape.start, shape.stop),
            device=device,
            seed=shape.seed,
            level=shape.level,
        )
    transition = Transition(
        rendered=rendered,
        params=params,
        plan=plan,
        provenance=content.provenance,
        a=aligned.a,
        b=aligned.b,
        mixer=mixer,
        seconds=steps.seconds,
    )
    with timed("check levels"):
        warn_of_level(rendered, plan, shape)
        warn_of_silence(rendered, transition.sample_rate, transition.beat_times, plan.beats_per_bar)
    return transition
