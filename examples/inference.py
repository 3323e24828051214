"""Two tracks in, a transition out, with every joint of the pipeline in sight.

    python examples/inference.py track_a.mp3 track_b.mp3 -o transition.wav --visualize

`djtrans generate` does more. Start here to put something of your own between two steps.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import djtrans
from djtrans.core import (
    align_and_separate,
    build_curve_request,
    margin_span,
    pick_device,
    reference_level,
    window_features,
    window_span,
)
from djtrans.diffusion import SHORTEST_BARS
from djtrans.mixer import render_window
from djtrans.pipeline import generate_params, make_provenance, separator_record
from djtrans.planning import nearest_bars


def main(arguments: argparse.Namespace) -> None:
    """Generate a transition as the command line asks."""
    registry = djtrans.default_registry()
    device = pick_device(arguments.device)
    # 1. Analyze. Both tracks get the higher sample rate, and stereo if one of them is.
    tracks = djtrans.Pair(arguments.track_a, arguments.track_b).map(djtrans.load_track)
    rate = max(track.sample_rate for track in tracks)
    channels = max(len(track.audio) for track in tracks)
    tracks = tracks.map(lambda track: track.at_rate(rate, channels))
    analyses = tracks.map(djtrans.analyze_track)

    # 2. Plan: technique, cue points, length and tempo.
    seconds = arguments.duration
    bars = 0 if seconds is None else nearest_bars(seconds, analyses.a.grid.bpm)
    plan = djtrans.plan_transition(analyses.a, analyses.b, bars=bars)

    # 3. Stretch both tracks onto the timeline; separate the window and four bars on each side.
    span = margin_span(plan, rate)
    declaration = registry.separators.find("spectral").declaration
    separator = registry.separators.build("spectral")
    record = separator_record(registry, "spectral")
    a, b = (
        align_and_separate(track, side, plan, span, separator, declaration)
        for track, side in zip(tracks, plan.sides, strict=True)
    )

    # 4. Generate the curves, with the bundled model or anything else that has `generate`.
    model = None
    if plan.bars >= SHORTEST_BARS:
        given = {"steps": arguments.steps, "guidance_scale": arguments.guidance_scale}
        sampling = djtrans.get_inference_config(**given)
        model = djtrans.load_model(arguments.model, device, inference=sampling)
    mixer = djtrans.DifferentiableDJMixer()
    window = window_span(plan, rate)
    features_a, features_b = (
        window_features(
            track.window(window),
            plan,
            side,
            reference_db=reference_level(analysis, side),
            isolated=declaration.isolation == "good",
            extractors=() if model is None else model.extractors,
        )
        for track, side, analysis in zip((a, b), plan.sides, analyses, strict=True)
    )
    request = build_curve_request(plan, mixer.layout, features_a, features_b, arguments.seed)
    source = model or djtrans.load_technique(plan.technique)
    params = generate_params(source, request, torch.tensor(plan.beat_times, dtype=torch.float64))

    # 5. Mix and write.
    transition = djtrans.Transition(
        rendered=render_window(mixer.to(device), params, plan, a, b, span, device=device),
        params=params,
        plan=plan,
        provenance=make_provenance(
            registry,
            tracks,
            djtrans.Pair(record, record),
            mixer,
            plan,
            span,
            seed=arguments.seed,
            model=model,
        ),
        a=a,
        b=b,
        mixer=mixer,
    )
    transition.save(arguments.output)
    if arguments.visualize:
        transition.plot().savefig(Path(arguments.output).with_suffix(".png"))
    if arguments.save_params:
        transition.save_params(arguments.save_params)
    print(f"{plan.technique} over {plan.bars} bars: {'; '.join(plan.reasons)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make a transition from track A into track B.")
    parser.add_argument("track_a")
    parser.add_argument("track_b")
    parser.add_argument("-o", "--output", default="transition.wav", help="audio file to write")
    parser.add_argument("--duration", type=float, help="seconds; the nearest bars are taken")
    parser.add_argument("--model", help="a model's file; by default the one of djtrans")
    parser.add_argument("--steps", type=int, default=0, help="of sampling; 0: the scheduler's own")
    parser.add_argument("--guidance-scale", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--visualize", action="store_true", help="also write a picture beside it")
    parser.add_argument("--save-params", metavar="FILE", help="also write the params file")
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
