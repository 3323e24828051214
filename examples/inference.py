"""Two tracks in, a transition out, with every joint of the pipeline in sight.

    python examples/inference.py track_a.mp3 track_b.mp3 -o transition.wav --visualize

`djtrans generate` does more. Start here to put something of your own between two steps.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import djtrans
from djtrans import render
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
from djtrans.pipeline import generate_params, make_provenance, separator_record
from djtrans.planning import nearest_bars


def main(arguments: argparse.Namespace) -> None:
    """Generate a transition as the command line asks."""
    registry = djtrans.default_registry()
    device = pick_device(arguments.device)
    # 1. Listen. Both tracks get the higher sample rate, and stereo if one of them is.
    tracks = [djtrans.load_track(path) for path in (arguments.track_a, arguments.track_b)]
    rate = max(track.sample_rate for track in tracks)
    channels = max(len(track.audio) for track in tracks)
    tracks = [track.at_rate(rate, channels) for track in tracks]
    analyses = [djtrans.analyze_track(track) for track in tracks]

    # 2. Plan: which technique, where in each track, how long, at what tempo.
    seconds = arguments.duration
    bars = 0 if seconds is None else nearest_bars(seconds, analyses[0].grid.bpm)
    plan = djtrans.plan_transition(*analyses, bars=bars)

    # 3. Lay both tracks on the common clock; separate the window and four bars on each side.
    span = margin_span(plan, rate)
    declaration = registry.separators.find("spectral").declaration
    separator = registry.separators.build("spectral")
    record = separator_record(registry, "spectral")
    aligned = [
        align_and_separate(track, side, plan, span, separator, declaration)
        for track, side in zip(tracks, (plan.a, plan.b), strict=True)
    ]

    # 4. Draw the curves. The model that comes with djtrans does it; whatever has a `generate` can.
    model = None
    if plan.bars >= SHORTEST_BARS:
        given = {"steps": arguments.steps, "guidance_scale": arguments.guidance_scale}
        sampling = djtrans.get_inference_config(**given)
        model = djtrans.load_model(arguments.model, device, inference=sampling)
    mixer = djtrans.DifferentiableDJMixer()
    window = window_span(plan, rate)
    features = [
        window_features(
            track.window(window),
            plan,
            side,
            reference_db=reference_level(analysis, side),
            isolated=declaration.isolation == "good",
            extractors=() if model is None else model.extractors,
        )
        for track, side, analysis in zip(aligned, (plan.a, plan.b), analyses, strict=True)
    ]
    request = build_curve_request(plan, mixer.layout, *features, arguments.seed)
    drawer = model or djtrans.load_technique(plan.technique)
    params = generate_params(drawer, request, torch.tensor(plan.beat_times, dtype=torch.float64))

    # 5. Mix and write.
    transition = djtrans.Transition(
        rendered=render(mixer.to(device), params, plan, *aligned, span, device=device),
        params=params,
        plan=plan,
        provenance=make_provenance(
            registry,
            djtrans.Pair(*tracks),
            djtrans.Pair(record, record),
            mixer,
            plan,
            span,
            seed=arguments.seed,
            model=model,
        ),
        a=aligned[0],
        b=aligned[1],
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
