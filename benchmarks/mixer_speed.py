"""Speed and memory of the mixer, side by side with torchaudio's biquads.

Renders 30 s of eight stereo stems with all 54 curves moving, reverb and echo on, and puts the same
stems through five static torchaudio biquads. Both run in turns, so that a busy machine slows both.
The same audio is rendered with all curves neutral, with those of techniques and of the bundled
model, and with the short transform for previews and training.

    python benchmarks/mixer_speed.py
    python benchmarks/mixer_speed.py --runs 9 --threads 2
    python benchmarks/mixer_speed.py --stream-minutes 60   # peak memory of a stream alone

On a machine that others use, several threads wait for each other at every step and wall-clock times
mean little: measure ``--threads 1`` there and read the CPU column.

Peak memory is that of a process of its own for each case, less what it has after import and inputs.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from djtrans import load_model
from djtrans.core.contracts.mixer_spec import MixerConfig, NodeSpec
from djtrans.core.curves.request import CurveRequest
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode
from djtrans.pipeline import generate_params, load_technique
from djtrans.plugins.mixers import DJ54
from djtrans.registry import Registry

SAMPLE_RATE = 44100
FRAMES = 128
TECHNIQUES = ("bass-swap", "eq-blend", "filter-sweep", "echo-out", "stem-swap", "wash-out")
#: Half as many frames as by default.
PREVIEW = MixerConfig(overlap=2, window="sqrt-hann")


def build_mixer(config: MixerConfig | None = None) -> Mixer:
    """The default mixer, built from the registry."""
    registry = Registry()

    def built(node: NodeSpec) -> BuiltNode:
        declaration = registry.effects.find(node.effect).declaration
        parameters = declaration.parameters_of(declaration.config(**node.config))
        effect = registry.effects.build(node.effect, node.config)
        return BuiltNode(node.id, effect, declaration, parameters)

    chains = [[built(node) for node in chain] for _, chain in DJ54.chains()]
    return Mixer(DJ54, *chains, config=config)


def moving_curves(mixer: Mixer) -> Tensor:
    """Curves ``[frames, parameters]`` that cross their ranges at different paces, sends too."""
    time_axis = torch.linspace(0, 1, FRAMES)[:, None]
    pace = 1 + torch.arange(len(mixer.layout)) % 7
    phase = torch.arange(len(mixer.layout)) * 0.7
    wave = 0.5 + 0.45 * torch.sin(2 * torch.pi * pace * time_axis + phase)
    span = torch.tensor([row.parameter.span for row in mixer.layout.rows])
    return wave * span


def generated_curves(mixer: Mixer) -> dict[str, Tensor]:
    """Curves of techniques and of the bundled model, by name: 16 bars, swap in the middle."""
    request = CurveRequest(layout=mixer.layout, n_frames=FRAMES, swap_beat=FRAMES // 4, seed=3)
    sources = {name: load_technique(name) for name in TECHNIQUES}
    beats = torch.arange(FRAMES // 2 + 1, dtype=torch.float64)
    return {
        name: generate_params(source, request, beats).values
        for name, source in {**sources, "bundled model": load_model()}.items()
    }


def torchaudio_biquads(stems: Tensor) -> Tensor:
    """Five static biquads on each stem, then the sum: a fixed EQ and two filters."""
    from torchaudio import functional as F

    x = F.bass_biquad(stems, SAMPLE_RATE, -6.0, 300.0)
    x = F.equalizer_biquad(x, SAMPLE_RATE, 1000.0, 3.0)
    x = F.treble_biquad(x, SAMPLE_RATE, -3.0, 4000.0)
    x = F.lowpass_biquad(x, SAMPLE_RATE, 12000.0)
    x = F.highpass_biquad(x, SAMPLE_RATE, 60.0)
    return x.sum(dim=0)


def cases(seconds: float) -> dict[str, Callable[[], None]]:
    """What is timed, by name."""
    generator = torch.Generator().manual_seed(0)
    shape = (4, 2, round(seconds * SAMPLE_RATE))
    a, b = (0.1 * torch.randn(shape, generator=generator) for _ in range(2))
    stems = torch.cat([a, b])
    mixer = build_mixer()
    curves = moving_curves(mixer)

    preview = build_mixer(PREVIEW)

    def forward(mixer: Mixer, values: Tensor) -> None:
        with torch.no_grad():
            mixer(a, b, values)

    def render(gradients_of: str) -> None:
        p = curves.clone().requires_grad_(True)
        x, y = (s.detach().requires_grad_("audio" in gradients_of) for s in (a, b))
        mixer(x, y, p).mix.square().mean().backward()

    def biquads(backward: bool) -> None:
        x = stems.detach().requires_grad_(backward)
        out = torchaudio_biquads(x)
        if backward:
            out.square().mean().backward()

    return {
        "djtrans forward": lambda: forward(mixer, curves),
        "torchaudio forward": lambda: biquads(False),
        "djtrans forward+backward, curves": lambda: render("curves"),
        "djtrans forward+backward, curves and audio": lambda: render("curves and audio"),
        "torchaudio forward+backward": lambda: biquads(True),
        "djtrans forward, preview transform": lambda: forward(preview, curves),
        **{
            f"djtrans forward, {name}": partial(forward, mixer, values)
            for name, values in {
                "all neutral": torch.tensor(mixer.layout.neutral).repeat(FRAMES, 1),
                **generated_curves(mixer),
            }.items()
        },
    }


def stream(minutes: float) -> None:
    """Stream noise with all curves moving, ten seconds at a time."""
    mixer, seconds = build_mixer(), 10
    times = torch.arange(FRAMES, dtype=torch.float64) * (60 * minutes / FRAMES)
    rendering = mixer.stream(moving_curves(mixer), sample_rate=SAMPLE_RATE, frame_times=times)
    chunk = 0.1 * torch.randn(4, 2, seconds * SAMPLE_RATE)
    with torch.no_grad():
        for _ in range(round(60 * minutes / seconds)):
            rendering.process(chunk, chunk)
        rendering.flush()


def peak_megabytes(name: str, seconds: float, threads: int) -> float:
    """Memory that a case takes beyond imports and inputs, in a process of its own."""
    command = [sys.executable, __file__, "--memory-of", name]
    command += ["--seconds", str(seconds), "--threads", str(threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _resident_megabytes(field: str) -> float:
    """``VmRSS`` (now) or ``VmHWM`` (peak) of this process; Linux only.

    Not getrusage: its peak is inherited from the process that started this one.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return float(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--stream-minutes", type=float, help="measure the memory of a stream")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.stream_minutes:
        stream(options.stream_minutes)
        print(f"peak of the process: {_resident_megabytes('VmHWM'):.0f} MB")
        return
    todo = cases(options.seconds)
    if options.memory_of:
        # Imports and first-use buffers are not the render's: pay for them on a second of audio.
        for name, run in cases(1.0).items():
            if name == options.memory_of:
                run()
        before = _resident_megabytes("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        todo[options.memory_of]()
        print(_resident_megabytes("VmHWM") - before)
        return
    taken: dict[str, list[float]] = {name: [] for name in todo}
    worked: dict[str, list[float]] = {name: [] for name in todo}
    for turn in range(options.runs + 1):
        for name, run in todo.items():
            start, work = time.perf_counter(), time.process_time()
            run()
            if turn:
                taken[name].append(time.perf_counter() - start)
                worked[name].append(time.process_time() - work)
    print(
        f"{options.seconds:g} s of 8 stereo stems, {options.threads} threads, {options.runs} runs"
    )
    print(f"{'':44s}{'median s':>10s}{'least s':>10s}{'CPU s':>10s}{'peak MB':>9s}")
    for name, times in taken.items():
        peak = peak_megabytes(name, options.seconds, options.threads)
        print(
            f"{name:44s}{statistics.median(times):10.2f}{min(times):10.2f}"
            f"{min(worked[name]):10.2f}{peak:9.0f}",
            flush=True,
        )
    for kind in ("forward", "forward+backward, curves", "forward+backward, curves and audio"):
        ours, theirs = f"djtrans {kind}", f"torchaudio {kind.split(',')[0]}"
        ratios = (
            statistics.median(taken[ours]) / statistics.median(taken[theirs]),
            min(taken[ours]) / min(taken[theirs]),
            min(worked[ours]) / min(worked[theirs]),
        )
        print(f"{kind}, of torchaudio: median %.2f, least %.2f, CPU %.2f" % ratios)
    for name in taken:
        if name.startswith("djtrans forward, "):
            share = min(worked[name]) / min(worked["djtrans forward"])
            print(f"{name.removeprefix('djtrans ')}, of all moving: CPU {share:.2f}")


if __name__ == "__main__":
    main()
