"""Sample one trained model with every scheduler, and see what few steps cost.

    python examples/swap_scheduler.py output/best_model.pt --steps 10

A model names its scheduler, and any other one can take its place: the network is told the noise
level in a form that all of them share. The curves are compared with those of many steps.
"""

from __future__ import annotations

import argparse

from torch import Tensor

import djtrans


def draw(path: str, scheduler: str, steps: int, seed: int) -> Tensor:
    """Curves ``[frames, parameters]`` of a bass swap over 16 bars, without tracks to listen to."""
    sampling = djtrans.get_inference_config(steps=steps)
    model = djtrans.load_model(path, "cpu", scheduler=scheduler, inference=sampling)
    request = djtrans.CurveRequest(
        model.layout, n_frames=128, swap_beat=32, technique="djtrans/bass-swap", seed=seed
    )
    return model.generate(request)


def main(arguments: argparse.Namespace) -> None:
    """Print for each scheduler how far its curves are from those of many steps."""
    for component in djtrans.default_registry().schedulers:
        fine = draw(arguments.model, component.name, arguments.fine, arguments.seed)
        coarse = draw(arguments.model, component.name, arguments.steps, arguments.seed)
        rms = float((coarse - fine).square().mean().sqrt())
        print(f"{component.name}: {rms:.3f} rms from {arguments.fine} steps")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Sample a model with every scheduler.")
    parser.add_argument("model", help="a trained model: safetensors, folder or checkpoint")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--fine", type=int, default=200, help="steps of the comparison")
    parser.add_argument("--seed", type=int, default=0)
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
