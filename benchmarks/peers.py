"""Time and memory of the mixer beside those of other libraries, and how its cost grows.

    make bench-peers                                # in an environment with all peers
    python benchmarks/peers.py --seconds 10 --runs 3
    python benchmarks/peers.py --only scaling       # one of: peers, curves, scaling, stream

A table for each section and a plot are written to `--output`.

Cases take turns (A B A B), so that a busy machine slows all of them; where others use the machine,
read the CPU column and its ratios, which are medians of the ratios of each turn. Peak memory is
that of a process of its own for each case, less what it has after imports and inputs. Peers that
are not installed are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import matplotlib as mpl
import torch
from _measuring import Timing, machine, measure_peak, peak_megabytes, slope, take_turns
from _mixer_cases import (
    FRAMES,
    SAMPLE_RATE,
    build_mixer,
    differentiate,
    generated_curves,
    moving_curves,
    noise,
    render,
    stream,
)
from _peer_cases import PEERS, stems

from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.core.util.atomic_files import write_text

Case = Callable[[], object]

#: Half as many STFT frames as by default.
PREVIEW = MixerConfig(overlap=2, window="sqrt-hann")
#: Length of audio where another axis is varied.
SCALING_SECONDS = 2.0


def peer_cases(seconds: float) -> dict[str, Case]:
    """Renders of djtrans and of the peers that are installed."""
    audio, cases = stems(seconds), {}
    for name, peer in PEERS.items():
        if not peer.is_installed:
            print(f"{name} is not installed and left out; `make bench-peers` installs it")
            continue
        cases[f"{name}, forward"] = peer.forward(audio)
        if peer.backward is not None:
            cases[f"{name}, forward and backward"] = peer.backward(audio)
    return cases


def curve_cases(seconds: float) -> dict[str, Case]:
    """Renders of djtrans with other curves, gradients and transforms."""
    a, b = stems(seconds)
    mixer = build_mixer()
    curves = {
        "neutral": torch.tensor(mixer.layout.neutral).repeat(FRAMES, 1),
        **generated_curves(mixer),
    }
    moving = moving_curves(mixer)
    return {
        "everything moving": render(mixer, moving, a, b, SAMPLE_RATE),
        "everything moving, preview transform": render(
            build_mixer(PREVIEW), moving, a, b, SAMPLE_RATE
        ),
        **{name: render(mixer, values, a, b, SAMPLE_RATE) for name, values in curves.items()},
        "gradient of curves and audio": differentiate(mixer, moving, a, b, SAMPLE_RATE, audio=True),
    }


def scaling_cases() -> Iterator[tuple[str, float, Case, Case]]:
    """Axis, size, and the forward and forward-and-backward case."""

    def pair(
        length: float = SCALING_SECONDS,
        count: int = 4,
        batch: int = 1,
        rate: int = SAMPLE_RATE,
        bars: int = 16,
    ) -> tuple[Case, Case]:
        mixer = build_mixer(stems=count)
        audio = noise(batch, count, 2, round(length * rate))
        values = moving_curves(mixer, frames=8 * bars)
        return tuple(case(mixer, values, audio, audio, rate) for case in (render, differentiate))

    for length in (1.0, 2.0, 4.0, 8.0):
        yield "length in s", length, *pair(length=length)
    for count in (1, 2, 4, 8):
        yield "stems per track", count, *pair(count=count)
    for batch in (1, 2, 4):
        yield "batch", batch, *pair(batch=batch)
    for rate in (22050, 44100, 88200):
        yield "sample rate in Hz", rate, *pair(rate=rate)
    for bars in (4, 16, 64):
        yield "bars in the same time", bars, *pair(bars=bars)


def peer_table(timings: Mapping[str, Timing], peaks: Mapping[str, float | None]) -> list[str]:
    """Rows of the peers, with the ratio of djtrans to each."""
    rows = [
        "| | wall s | CPU s | djtrans takes, of its CPU | peak MB |",
        "|---|---|---|---|---|",
    ]
    for name, timing in timings.items():
        kind = name.partition(", ")[2]
        ratio = timings[f"djtrans, {kind}"].ratio(timing)
        share = "" if name.startswith("djtrans") else f"{ratio:.2f}"
        peak = peaks.get(name)
        memory = "" if peak is None else f"{peak:.0f}"
        seconds = f"{timing.median_wall:.2f} | {timing.median_cpu:.2f}"
        rows.append(f"| {name} | {seconds} | {share} | {memory} |")
    return [*rows, "", *(f"- *{name}*: {peer.computes}" for name, peer in PEERS.items())]


def curve_table(timings: Mapping[str, Timing]) -> list[str]:
    """Rows of djtrans, with the ratio to everything moving."""
    first = next(iter(timings.values()))
    rows = ["| | wall s | CPU s | of everything moving |", "|---|---|---|---|"]
    for name, timing in timings.items():
        share = timing.ratio(first)
        rows.append(
            f"| {name} | {timing.median_wall:.2f} | {timing.median_cpu:.3f} | {share:.2f} |"
        )
    return rows


def scaling(runs: int) -> dict[str, dict[str, tuple[list[float], list[float]]]]:
    """CPU seconds by axis and kind: sizes and medians."""
    cases: dict[str, Case] = {}
    points: list[tuple[str, float]] = []
    for axis, size, forward, backward in scaling_cases():
        points.append((axis, size))
        cases[f"{axis} {size} forward"] = forward
        cases[f"{axis} {size} forward and backward"] = backward
    timings = take_turns(cases, runs)
    found: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for axis, size in points:
        for kind in ("forward", "forward and backward"):
            sizes, seconds = found.setdefault(axis, {}).setdefault(kind, ([], []))
            sizes.append(size)
            seconds.append(timings[f"{axis} {size} {kind}"].median_cpu)
    return found


def scaling_table(found: Mapping[str, Mapping[str, tuple[list[float], list[float]]]]) -> list[str]:
    """Rows of sizes and slopes."""
    rows = ["| | sizes | forward, CPU s | slope | forward and backward, CPU s | slope |"]
    rows.append("|---|---|---|---|---|---|")
    for axis, kinds in found.items():
        cells = [", ".join(f"{size:g}" for size in kinds["forward"][0])]
        for sizes, seconds in kinds.values():
            cells += [", ".join(f"{s:.2f}" for s in seconds), f"{slope(sizes, seconds):.2f}"]
        rows.append(f"| {axis} | {' | '.join(cells)} |")
    return rows


def plot(found: Mapping[str, Mapping[str, tuple[list[float], list[float]]]], output: Path) -> None:
    """Plot the CPU time against each axis, both logarithmic."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(found), figsize=(13, 3), sharey=True, layout="constrained")
    for panel, (axis, kinds) in zip(panels, found.items(), strict=True):
        for kind, (sizes, seconds) in kinds.items():
            label = f"{kind}: slope {slope(sizes, seconds):.2f}"
            panel.loglog(sizes, seconds, "o-", label=label)
        panel.set_xticks(kinds["forward"][0], [f"{size:g}" for size in kinds["forward"][0]])
        panel.minorticks_off()
        panel.set_xlabel(axis)
        panel.grid(alpha=0.3)
        panel.legend(fontsize=7, loc="upper left")
        panel.margins(y=0.35)
    panels[0].set_ylabel("CPU time in s")
    figure.savefig(output, dpi=110)
    plt.close(figure)


def peak_of(case: str, seconds: float) -> float:
    """Measure one case in this process."""
    if case == "stream":
        return measure_peak(stream(seconds), stream(20.0))
    return measure_peak(peer_cases(seconds)[case], peer_cases(1.0)[case])


def peers_section(seconds: float, runs: int) -> list[str]:
    """Measure time and memory of djtrans and the peers."""
    cases = peer_cases(seconds)
    timings = take_turns(cases, runs)
    measured = partial(peak_megabytes, __file__, "--seconds", str(seconds), "--peak-of")
    return peer_table(timings, {name: measured(name) for name in cases})


def curves_section(seconds: float, runs: int) -> list[str]:
    """Measure djtrans with other curves."""
    return curve_table(take_turns(curve_cases(seconds), runs))


def scaling_section(output: Path, runs: int) -> list[str]:
    """Measure the slopes, and plot them."""
    found = scaling(runs)
    plot(found, output / "scaling.png")
    return scaling_table(found)


def stream_section(seconds: float) -> list[str]:
    """Measure the memory of a stream."""
    peak = peak_megabytes(__file__, "--seconds", str(seconds), "--peak-of", "stream")
    return [] if peak is None else [f"A stream of {seconds / 60:g} minutes takes {peak:.0f} MB."]


def main(asked: argparse.Namespace) -> None:
    """Measure the sections, print each and write it to a file."""
    seconds, runs, output = asked.seconds, asked.runs, asked.output
    sections: dict[str, Callable[[], list[str]]] = {
        "peers": partial(peers_section, seconds, runs),
        "curves": partial(curves_section, seconds, runs),
        "scaling": partial(scaling_section, output, runs),
        "stream": partial(stream_section, asked.stream_seconds),
    }
    output.mkdir(parents=True, exist_ok=True)
    packages = ["torch", *(p.package for p in PEERS.values() if p.is_installed)]
    for name in asked.only or sections:
        length = SCALING_SECONDS if name == "scaling" else seconds
        about = f"{length:g} s of eight stereo stems, medians of {runs} turns. {machine(packages)}."
        text = "\n".join([about, "", *sections[name](), ""])
        print(text, flush=True)
        write_text(output / f"{name}.md", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--stream-seconds", type=float, default=3600.0)
    parser.add_argument("--only", nargs="+", choices=("peers", "curves", "scaling", "stream"))
    parser.add_argument("--output", type=Path, default=Path("build/peers"))
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.peak_of:
        print(peak_of(arguments.peak_of, arguments.seconds))
    else:
        main(arguments)
