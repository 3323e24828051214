"""Share of a training step that waits for data: without worker processes, and with them.

    python benchmarks/training_data.py --data set.safetensors
    python benchmarks/training_data.py --data set.safetensors --workers 8 --step-ms 14

First the CPU time of an example, by part. Then steps with batches that are made when they are
needed (the old way), and with batches that worker processes make ahead. `--step-ms` emulates an
accelerator: a step sleeps so long and needs no CPU, so the workers have the cores. Without it the
steps are computed here, by one thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import torch

from djtrans.datasets import SyntheticBatches, open_dataset
from djtrans.datasets.loader import load_batches
from djtrans.datasets.synthetic import batches as module
from djtrans.diffusion import build_network
from djtrans.registry import default_registry
from djtrans.training import TrainOptions, model_record, train

PARTS = {
    "request_of": "slices of the tracks' features",
    "conform": "constraints of the curves",
    "encode": "encoders",
}


def main(data: str, batch_size: int, steps: int, workers: Sequence[int], step_ms: float) -> None:
    """Print both tables."""
    torch.set_num_threads(1)
    dataset = open_dataset(data)
    record = model_record()
    network, encoders = build_network(record)
    registry = default_registry()
    used = {c.technique for c in (*dataset.training, *dataset.validation)}
    techniques = {name: registry.techniques.build(name) for name in sorted(used)}
    source = SyntheticBatches(dataset, techniques, encoders, network, record.layout)
    print_parts(source, batch_size)
    print("\n| batches | steps/s | data, % of a step |\n|---|---|---|")
    for count in (0, *workers):
        if step_ms:
            rate, share = emulated(source, batch_size, steps, count, step_ms / 1000.0)
        else:
            rate, share = trained(network, record, source, batch_size, steps, count)
        name = f"{count} workers" if count else "made when needed"
        print(f"| {name} | {rate:.2f} | {100.0 * share:.1f} |", flush=True)


def print_parts(source: SyntheticBatches, batch_size: int, count: int = 10) -> None:
    """Print the CPU time of an example, by the functions that a batch calls."""
    source.batch(0, batch_size)  # warms up
    with timed(module, tuple(PARTS)) as seconds:
        started, examples = time.process_time(), 0
        for index in range(1, count + 1):
            examples += len(source.batch(index, batch_size).curves)
        total = time.process_time() - started
    seconds["techniques and the rest"] = total - sum(seconds.values())
    print("| part of an example | ms |\n|---|---|")
    for name, used in seconds.items():
        print(f"| {PARTS.get(name, name)} | {1000.0 * used / examples:.2f} |")
    print(f"| all | {1000.0 * total / examples:.2f} |")


@contextmanager
def timed(owner: Any, names: tuple[str, ...]) -> Iterator[dict[str, float]]:
    """Measure the CPU seconds in functions of a module."""
    seconds = dict.fromkeys(names, 0.0)
    originals = {name: getattr(owner, name) for name in names}

    def wrapped(name: str) -> Any:
        def call(*arguments: Any) -> Any:
            started = time.process_time()
            try:
                return originals[name](*arguments)
            finally:
                seconds[name] += time.process_time() - started

        return call

    for name in names:
        setattr(owner, name, wrapped(name))
    try:
        yield seconds
    finally:
        for name, original in originals.items():
            setattr(owner, name, original)


def emulated(
    source: SyntheticBatches, batch_size: int, steps: int, workers: int, step: float
) -> tuple[float, float]:
    """Return steps per second and share of data with steps that only sleep."""
    waited, first = 0.0, max(1, workers)
    with closing(
        load_batches(source, range(steps + first), batch_size, workers=workers)
    ) as batches:
        for _ in range(first):  # the workers start
            next(batches)
        began = time.perf_counter()
        for _ in range(steps):
            asked = time.perf_counter()
            next(batches)
            waited += time.perf_counter() - asked
            time.sleep(step)
        seconds = time.perf_counter() - began
    return steps / seconds, waited / seconds


def trained(
    network: Any, record: Any, source: SyntheticBatches, batch_size: int, steps: int, workers: int
) -> tuple[float, float]:
    """Return steps per second and share of data of a run."""
    rows: list[Any] = []
    options = TrainOptions(
        steps=steps + 3,
        batch_size=batch_size,
        loader_workers=workers,
        validate_every=10**6,
        validation_batches=1,
        save_every=10**6,
    )
    with tempfile.TemporaryDirectory() as folder:
        train(
            network, record, source, Path(folder) / "run", options,
            progress=lambda event: rows.append(event.metrics),
        )  # fmt: skip
    rows = rows[3:]
    seconds = [1.0 / row["steps_per_second"] for row in rows]
    waited = sum(s * row["data_share"] for s, row in zip(seconds, rows, strict=True))
    return len(rows) / sum(seconds), waited / sum(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="a synthetic dataset")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--step-ms", type=float, default=0.0, help="emulate an accelerator")
    asked = parser.parse_args()
    main(asked.data, asked.batch_size, asked.steps, asked.workers, asked.step_ms)
