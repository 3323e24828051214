"""A planned transition completed: its curves drawn, its window rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from djtrans.core.curves.params import TransitionParams
from djtrans.core.transition.alignment import AlignedTrack, Span, window_span
from djtrans.core.transition.params_file import Provenance
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.requests import build_curve_request, reference_level, window_features
from djtrans.diffusion.model import DiffusionModel
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.rendering import render as render_window
from djtrans.pipeline.curve_generation import generate_params
from djtrans.pipeline.curve_source import can_generate
from djtrans.pipeline.preparation import Prepared
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.provenance import make_provenance
from djtrans.pipeline.silence import warn_of_silence
from djtrans.pipeline.transition import Transition


def generate_transition_params(
    prepared: Prepared,
    plan: TransitionPlan,
    span: Span,
    aligned: Mapping[str, AlignedTrack],
    *,
    model: DiffusionModel | None = None,
    n_frames: int | None = None,
    seed: int = 0,
    technique_config: Mapping[str, Any] | None = None,
    steps: Steps | None = None,
) -> tuple[TransitionParams, Provenance]:
    """Draw the curves of a planned transition.

    Parameters
    ----------
    prepared : Prepared
    plan : TransitionPlan
    span : Span
        What is to be heard of the clock.
    aligned : mapping of str to AlignedTrack
        Both tracks on the clock of the plan.
    model : DiffusionModel, optional
        Draws instead of the technique, where it can.
    n_frames : int, optional
        Resample the drawn curves to this many frames.
    seed : int
    technique_config : mapping, optional
        Fields of the technique's config; the rest take their defaults.
    steps : Steps, optional

    Returns
    -------
    params : TransitionParams
    provenance : Provenance
        What it takes, beside plan and curves, to render them over `span`.
    """
    registry, layout = prepared.registry, prepared.mixer.layout
    model = None if model is None or not can_generate(model, plan) else model
    with (steps or Steps()).step("draw"):
        features = {
            name: window_features(
                aligned[name].window(window_span(plan, aligned[name].stems.sample_rate)),
                plan,
                side,
                reference_db=reference_level(prepared.analyses[name], side),
                isolated=prepared.isolates(name),
                extractors=() if model is None else model.extractors,
            )
            for name, side in (("a", plan.a), ("b", plan.b))
        }
        request = build_curve_request(plan, layout, features["a"], features["b"], seed)
        drawer = model or registry.techniques.build(plan.technique, technique_config)
        params = generate_params(
            drawer, request, torch.tensor(plan.beat_times, dtype=torch.float64)
        )
        if n_frames is not None:
            params = params.resampled(n_frames)
    provenance = make_provenance(
        registry,
        prepared.tracks,
        prepared.separators,
        prepared.mixer,
        plan,
        span,
        seed=seed,
        technique_config=technique_config,
        model=model,
    )
    return params, provenance


def finish(
    mixer: DifferentiableDJMixer,
    params: TransitionParams,
    plan: TransitionPlan,
    provenance: Provenance,
    aligned: Mapping[str, AlignedTrack],
    device: str,
    steps: Steps,
) -> Transition:
    """Render curves over what is to be heard; warn where nothing is."""
    shape = provenance.render
    with steps.step("render"):
        rendered = render_window(
            mixer.to(device),
            params,
            plan,
            aligned["a"],
            aligned["b"],
            Span(shape.start, shape.stop),
            device=device,
            seed=shape.seed,
        )
    transition = Transition(
        rendered=rendered,
        params=params,
        plan=plan,
        provenance=provenance,
        a=aligned["a"],
        b=aligned["b"],
        mixer=mixer,
        seconds=steps.seconds,
    )
    warn_of_silence(rendered, transition.sample_rate, transition.beat_times, plan.beats_per_bar)
    return transition
