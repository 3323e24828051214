"""The mixer, sampling and training on an accelerator: all rows of the table in one call.

    python benchmarks/accelerator.py                         # CUDA; without it, nothing
    python benchmarks/accelerator.py --device cpu --seconds 2 --batches 1 --runs 1

Renders stereo stems of two tracks with everything moving, forward and with gradients of the curves;
samples curves of 16 bars by the default `dit` with fresh weights, ten guided steps of `flow`; and
takes optimizer steps with the loss of training on random examples. Wall-clock medians, each of
which waits for the device, and the peak of its memory.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from _measuring import machine
from _mixer_cases import (
    FRAMES,
    SAMPLE_RATE,
    build_mixer,
    differentiate,
    moving_curves,
    noise,
    render,
)

from djtrans.core.contracts.encoder import Conditioning
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.objective import Objective
from djtrans.diffusion.sampling import sample
from djtrans.registry import default_registry
from djtrans.training import TrainOptions
from djtrans.training.optimizer import build_optimizer

PARAMETERS = 54
#: About as wide as the conditioning of two tracks is.
SLOTS = (ConditioningSlot("audio", 96, 32), ConditioningSlot("technique", 16, 16))

Case = Callable[[], object]


def mixer_cases(device: torch.device, batch: int, seconds: float) -> Iterator[tuple[str, Case]]:
    """Forward, and forward with backward."""
    mixer = build_mixer().to(device)
    audio = noise(batch, 4, 2, round(seconds * SAMPLE_RATE)).to(device)
    values = moving_curves(mixer).to(device)
    yield "mixer, forward", render(mixer, values, audio, audio, SAMPLE_RATE)
    yield (
        "mixer, forward and backward",
        differentiate(mixer, values, audio, audio, SAMPLE_RATE),
    )


def model_cases(device: torch.device, batch: int) -> Iterator[tuple[str, Case]]:
    """Sampling, and an optimizer step."""
    registry = default_registry()
    network = DiffusionNetwork(registry.denoisers.build("dit"), "velocity", PARAMETERS, SLOTS)
    network.to(device)
    shape = network.shape
    conditioning = Conditioning(
        torch.randn(batch, FRAMES, shape.per_frame, device=device),
        torch.randn(batch, shape.global_, device=device),
    )
    scheduler = registry.schedulers.build("flow")
    optimizer, objective = build_optimizer(network, TrainOptions()), Objective()
    clean = torch.rand(batch, FRAMES, PARAMETERS, device=device) * 2 - 1
    generator = torch.Generator().manual_seed(0)

    def draw() -> None:
        network.eval()
        sample(network, scheduler, conditioning, steps=10)

    def step() -> None:
        network.train()
        optimizer.zero_grad()
        noisy = objective.sample(network, clean, generator)
        objective.loss(network, clean, conditioning, noisy).total.backward()
        optimizer.step()

    yield "sampling, 10 steps", draw
    yield "training step", step


def measure(run: Case, device: torch.device, runs: int) -> tuple[float, float | None]:
    """Median seconds and peak memory in MB; the first run warms up."""
    is_cuda = device.type == "cuda"
    taken = []
    for _ in range(runs + 1):
        if is_cuda:
            torch.cuda.reset_peak_memory_stats(device)
        started = time.perf_counter()
        run()
        if is_cuda:
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated(device) / 1e6 if is_cuda else None
    return statistics.median(taken[1:]), peak


def main(device: torch.device, seconds: float, batches: Sequence[int], runs: int) -> None:
    """Print the table."""
    print(f"{seconds:g} s of eight stereo stems, 16 bars, on {device}. {machine()}.\n")
    print("| | batch | s | items/s | peak MB |\n|---|---|---|---|---|")
    for batch in batches:
        for name, run in (
            *mixer_cases(device, batch, seconds),
            *model_cases(device, batch),
        ):
            taken, peak = measure(run, device, runs)
            memory = "" if peak is None else f"{peak:.0f}"
            rate = batch / taken
            print(f"| {name} | {batch} | {taken:.4f} | {rate:.1f} | {memory} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    device = torch.device(asked.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        # The sizes are those of an accelerator: far too large for a CPU.
        print("There is no CUDA device: nothing measured. --device cpu tests the script without.")
    else:
        main(device, asked.seconds, asked.batches, asked.runs)
