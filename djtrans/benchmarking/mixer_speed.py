"""Measure the CPU time of mixers on the same stems and curves."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import torch
from torch import Tensor

from djtrans.benchmarking.scores import Score
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.registry import Registry

#: Stands for the dataset in tables, which needs no folder.
DATASET = "mixers"
SOURCE = "10 s of stereo stems of noise a round, with curves that all move"
SECONDS, ROUNDS = 10, 8
MIXER_SCORES = (
    Score(DATASET, "forward", "CPU time per minute of audio, in one thread", "s/min", "lower"),
    Score(
        DATASET,
        "forward and backward",
        "the same with the gradients of audio and curves",
        "s/min",
        "lower",
    ),
)
_RATE, _FRAMES = 44100, 40
_SHORT_SECONDS = 1


@attrs.frozen
class MixerRound:
    """Round in which every mixer is measured once, so that all see the same load of the machine."""

    name: str
    seed: int


def mixer_rounds() -> list[MixerRound]:
    """Return all rounds."""
    return [MixerRound(f"round {i + 1}", i) for i in range(ROUNDS)]


def machine() -> str:
    """Describe what a CPU time depends on: processor and torch."""
    info = Path("/proc/cpuinfo")
    name = platform.processor() or platform.machine()
    if info.is_file():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = named[0] if named else name
    return json.dumps([name, torch.__version__])


def time_mixer(name: str, round_: MixerRound, registry: Registry | None) -> dict[str, float]:
    """Measure a mixer in one round; returns scores by key.

    A short render comes first and is not measured: it loads what is loaded once.
    """
    mixer = DifferentiableDJMixer(name, registry=registry)
    rows = [row.parameter for row in mixer.layout.rows]
    generator = torch.Generator().manual_seed(round_.seed)
    # Every curve has its own phase: stems with equal curves would be computed together.
    turns = torch.linspace(0, 3, _FRAMES)[:, None] + torch.rand(len(rows), generator=generator)
    wave = 0.5 + 0.45 * torch.sin(2 * torch.pi * turns)
    values = torch.tensor([p.minimum for p in rows]) + wave * torch.tensor([p.span for p in rows])
    shape = len(mixer.spec.stems), 2, SECONDS * _RATE
    a, b = (0.1 * torch.randn(shape, generator=generator) for _ in range(2))
    short = _SHORT_SECONDS * _RATE
    found = {}
    for score, run in zip(MIXER_SCORES, (_render, _differentiate), strict=True):
        run(mixer, a[..., :short], b[..., :short], values)
        found[score.key] = _cpu_seconds(run, mixer, a, b, values) * 60 / SECONDS
    return found


def _cpu_seconds(run: Callable[..., None], *arguments: object) -> float:
    start = time.process_time()
    run(*arguments)
    return time.process_time() - start


def _render(mixer: DifferentiableDJMixer, a: Tensor, b: Tensor, values: Tensor) -> None:
    with torch.no_grad():
        mixer(a, b, values)


def _differentiate(mixer: DifferentiableDJMixer, a: Tensor, b: Tensor, values: Tensor) -> None:
    inputs = [x.clone().requires_grad_(True) for x in (a, b, values)]
    mixer(*inputs).mix.square().mean().backward()
