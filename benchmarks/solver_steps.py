"""How many steps each scheduler needs, on denoisers that are known exactly.

    python benchmarks/solver_steps.py

Prints two Markdown tables, of errors in the range -1 to 1 in which a model knows the parameters,
clipping and guidance off:

- Gaussian data of deviations from 0.01 to 0.5: how far the deviation of the samples is from that of
  the data, rms over the values.
- The curves that the built-in techniques draw for 16 bars, each with an equal chance and a
  deviation of 0.02 in the space that they span: how far samples are from where the flow from the
  same noise ends (1000 steps of `flow`), rms over frames and parameters. Most of it are samples
  that ended as another transition than they should have.
  Schedulers that add noise do not follow that flow and have no row.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import AnyScheduler, Level
from djtrans.core.curves.request import CurveRequest
from djtrans.diffusion.normalization import Scaling
from djtrans.diffusion.sampling import CleanPredictor, denoise
from djtrans.mixer.resolve import mixer_layout
from djtrans.registry import default_registry
from djtrans.testing.gaussian_data import GaussianData

STEPS = (5, 10, 20, 50, 100, 250)
BARS, FRAMES = 16, 128
#: Deviation of the data around each curve.
WIDTH = 0.02
ROWS = {
    "`flow`": ("flow", {}),
    "`flow`, even spacing": ("flow", {"spacing": "even"}),
    "`flow`, Euler": ("flow", {"order": 1}),
    "`flow`, Euler, even spacing": ("flow", {"order": 1, "spacing": "even"}),
    "`heun`": ("heun", {}),
    "`dpmpp2m`": ("dpmpp2m", {}),
    "`ddim`": ("ddim", {}),
    "`ddpm`": ("ddpm", {}),
}


def main(samples: int) -> None:
    """Print both tables."""
    schedulers = {
        label: default_registry().schedulers.build(name, config)
        for label, (name, config) in ROWS.items()
    }
    print_table("Gaussian data", schedulers, gaussian_error())
    del schedulers["`ddpm`"]
    curves = expert_curves()
    print(f"\n{len(curves)} curves\n")
    print_table("techniques' curves", schedulers, curve_error(curves, samples))


def print_table(
    title: str, schedulers: Mapping[str, AnyScheduler], error: Callable[[AnyScheduler, int], float]
) -> None:
    """A row for each scheduler, a column for each number of steps."""
    print(f"| {title} | " + " | ".join(f"{steps} steps" for steps in STEPS) + " |")
    print("|---|" + "---|" * len(STEPS))
    for label, scheduler in schedulers.items():
        cells = [f"{error(scheduler, steps):.3f}" for steps in STEPS]
        print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


def gaussian_error() -> Callable[[AnyScheduler, int], float]:
    """Error of the deviation, for 200 values that have one each."""
    deviation = torch.logspace(-2, -0.3, 200, dtype=torch.float64).view(1, 1, -1)
    data = GaussianData(torch.linspace(-0.5, 0.5, 200, dtype=torch.float64), deviation)
    noise = normal(1000, 1, 200)
    noise = (noise - noise.mean(dim=0)) / noise.std(dim=0)

    def error(scheduler: AnyScheduler, steps: int) -> float:
        generator = torch.Generator().manual_seed(1)
        out = denoise(data.expected, scheduler, noise, steps, generator=generator, clip=False)
        return float((out.std(dim=0) - deviation[0]).square().mean().sqrt())

    return error


def curve_error(curves: Tensor, samples: int) -> Callable[[AnyScheduler, int], float]:
    """Distance from where the flow ends."""
    flat = curves.flatten(1)
    # A rotation: what is orthogonal to all curves is noise that no step depends on.
    rotated = flat @ torch.linalg.svd(flat, full_matrices=False).Vh.T
    predict = mixture(rotated, WIDTH)
    noise = normal(samples, rotated.shape[1])
    flow = default_registry().schedulers.build("flow")
    truth = denoise(predict, flow, noise, 1000, clip=False)

    def error(scheduler: AnyScheduler, steps: int) -> float:
        out = denoise(predict, scheduler, noise, steps, clip=False)
        return float(((out - truth).square().sum() / (samples * flat.shape[1])).sqrt())

    return error


def expert_curves() -> Tensor:
    """What the techniques draw under several seeds and swaps, ``[curves, frames, parameters]``."""
    layout = mixer_layout("dj54")
    scaling = Scaling(layout)
    drawn = []
    for component in default_registry().techniques:
        shortest, _, longest = component.declaration.bars
        if not shortest <= BARS <= longest:
            continue
        technique = default_registry().techniques.build(component.name)
        for swap in (24.0, 32.0, 40.0):
            for seed in range(12):
                values = technique.generate(CurveRequest(layout, FRAMES, swap, seed=seed))
                drawn.append(scaling.to_model(torch.as_tensor(values, dtype=torch.float64)))
    return torch.stack(drawn).unique(dim=0)


def mixture(points: Tensor, width: float) -> CleanPredictor:
    """The perfect denoiser of data around each of `points`, ``[points, values]``."""

    def predict(x: Tensor, level: Level) -> Tensor:
        variance = (level.alpha * width) ** 2 + level.sigma**2
        closeness = level.alpha * x @ points.T - level.alpha**2 / 2 * points.square().sum(dim=1)
        mean = torch.softmax(closeness / variance, dim=1) @ points
        gain = level.alpha * width**2 / variance
        return mean + gain * (x - level.alpha * mean)

    return predict


def normal(*shape: int) -> Tensor:
    """Noise, the same each time."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200, help="curves to draw for a cell")
    main(parser.parse_args().samples)
