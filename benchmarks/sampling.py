"""Time to draw the curves of one transition: 10 guided steps of `flow` beside 50 of `ddim`.

    python benchmarks/sampling.py
    python benchmarks/sampling.py --runs 9 --threads 2

The default `dit` with fresh weights, 16 bars (128 frames) of the default mixer's 54 parameters,
guidance on, so that each step is a batch of two. The two take turns, so that a busy machine slows
both. Prints medians: wall-clock time, and CPU time over all threads.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from djtrans.core.contracts.encoder import Conditioning
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.sampling import sample
from djtrans.registry import default_registry

PARAMETERS, FRAMES = 54, 128
#: About as wide as the conditioning of two tracks is.
SLOTS = (ConditioningSlot("audio", 96, 32), ConditioningSlot("technique", 16, 16))
CASES = {"flow, 10 steps": ("flow", 10), "ddim, 50 steps": ("ddim", 50)}


def main(denoiser: str, runs: int, threads: int) -> None:
    """Print the table."""
    torch.set_num_threads(threads)
    registry = default_registry()
    network = DiffusionNetwork(
        registry.denoisers.build(denoiser), "velocity", PARAMETERS, SLOTS
    ).eval()
    conditioning = Conditioning(
        torch.randn(1, FRAMES, network.shape.per_frame), torch.randn(1, network.shape.global_)
    )

    def drawing(scheduler: str, steps: int) -> Callable[[], object]:
        built = registry.schedulers.build(scheduler)
        return lambda: sample(network, built, conditioning, steps=steps)

    draws = {label: drawing(*case) for label, case in CASES.items()}
    wall: dict[str, list[float]] = {label: [] for label in draws}
    cpu: dict[str, list[float]] = {label: [] for label in draws}
    for run in range(runs + 1):
        for label, draw in draws.items():
            started, used = time.perf_counter(), time.process_time()
            draw()
            if run > 0:  # the first one warms up
                wall[label].append(time.perf_counter() - started)
                cpu[label].append(time.process_time() - used)
    parameters = sum(p.numel() for p in network.parameters())
    print(f"{denoiser}: {parameters:,} parameters, {threads} threads, {runs} runs\n")
    print("| guided, 128 frames | wall | CPU |\n|---|---|---|")
    for label in draws:
        seconds = statistics.median(wall[label]), statistics.median(cpu[label])
        print(f"| {label} | {seconds[0]:.3f} s | {seconds[1]:.3f} s |")
    fast, slow = (statistics.median(cpu[label]) for label in draws)
    print(f"| ratio | | {slow / fast:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--denoiser", default="dit")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.denoiser, arguments.runs, arguments.threads)
