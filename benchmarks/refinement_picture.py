"""Curves of rules and model, each as generated and refined, on pairs of real tracks.

    python benchmarks/refinement_picture.py FOLDER A:B [A:B ...] --output docs/images/refinement.png

One row of panels for each pair, one column for each source. Each lane holds a control that moves,
averaged over the stems of a track; the lowest one is the loudness of the mix and of both tracks.
"""

from __future__ import annotations

import argparse
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from real_pairs import find_track

import djtrans
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import DjtransError
from djtrans.metrics.loudness import loudness_power, to_lufs
from djtrans.pipeline.transition import Transition
from djtrans.plot.save import save_figure
from djtrans.plot.theme import Theme, theme_named

#: Title of each lane, and the parameters of a track that it shows.
LANES = {
    "fader": "fader/gain",
    "low": "eq/low",
    "mid": "eq/mid",
    "high": "eq/high",
    "high-pass": "hpf/cutoff",
    "low-pass": "lpf/cutoff",
}
LOUDNESS = "LUFS, 1 beat"
SOURCES = ("rules", "rules, refined", "model", "model, refined")
NUMBERS = ("loudness_dip_lu", "loudness_bump_lu", "bass_missing_beats", "masking_fraction")


def transitions(folder: Path, pair: str) -> list[Transition]:
    """Generate by rules and by the model, and refine both."""
    tracks = [find_track(folder, name) for name in pair.split(":")]
    found = []
    for model in ("none", "auto"):
        made = djtrans.generate(*tracks, model=model, separator="spectral", context=4, device="cpu")
        found += [made, djtrans.refine(made)]
    return found


def curve(transition: Transition, track: str, control: str) -> NDArray[np.float32]:
    """Average a control over the stems of a track, as a part of its range."""
    layout = transition.params.layout
    rows = layout.select(f"{track}/*/{control}")
    parameter = layout.rows[rows[0]].parameter
    values = transition.params.values[:, rows].mean(dim=1).numpy()
    unit: NDArray[np.float32] = (values - parameter.minimum) / parameter.span
    return unit


def loudness(transition: Transition, audio: torch.Tensor) -> NDArray[np.float64]:
    """Loudness of each beat of the window."""
    rate = transition.sample_rate
    edges = (transition.beat_times.numpy() * rate).round().astype(int)
    power = loudness_power(audio.numpy(), rate)
    return to_lufs(np.array([power[i:j].mean() for i, j in pairwise(edges)]))


def panel_of(
    panels: list[Axes], lanes: dict[str, str], made: Transition, title: str, theme: Theme
) -> None:
    """Plot the lanes of a transition."""
    plan = made.plan
    bars, per_bar = plan.bars, plan.beats_per_bar
    measured = {m.declared.name: m.number for m in made.metrics().measured}
    dip, bump, bass, masking = (measured[name] for name in NUMBERS)
    panels[0].set_title(
        f"{title}\ndip {dip:.1f} LU, bump {bump:.1f} LU,\n"
        f"no bass {bass} beats, masking {100 * masking:.0f} %",
        color=theme.text,
        size=8.5,
        loc="left",
    )
    for panel, (name, control) in zip(panels, lanes.items(), strict=False):
        for track in "ab":
            values = curve(made, track, control)
            bar = np.arange(len(values)) / (made.params.frames_per_beat * per_bar)
            panel.plot(bar, values, color=theme.tracks[track], lw=1.4)
        panel.set_ylim(-0.12, 1.12)
        panel.set_ylabel(name, color=theme.muted, size=7.5, rotation=0, ha="right", va="center")
    beats = (np.arange(bars * per_bar) + 0.5) / per_bar
    r = made.rendered
    for audio, colour, width in (
        (r.a, theme.tracks["a"], 1.0),
        (r.b, theme.tracks["b"], 1.0),
        (r.mix, theme.text, 1.6),
    ):
        panels[-1].plot(beats, loudness(made, audio), color=colour, lw=width)
    top = loudness(made, r.mix).max()
    panels[-1].set_ylim(top - 24, top + 3)
    panels[-1].set_ylabel(
        LOUDNESS, color=theme.muted, size=7.5, rotation=0, ha="right", va="center"
    )
    for panel in panels:
        panel.axvline(plan.swap_beat / per_bar, color=theme.swap, lw=0.8, ls=(0, (3, 3)))
        panel.set(facecolor=theme.panel, xlim=(0, bars), yticks=[])
        panel.set_xticks(np.linspace(0, bars, 5))
        panel.tick_params(colors=theme.muted, labelsize=7, length=0, labelbottom=False)
        panel.grid(axis="x", color=theme.grid, lw=0.6)
        for spine in panel.spines.values():
            spine.set_color(theme.grid)
    panels[-1].tick_params(labelbottom=True)


def picture(folder: Path, pairs: list[str], theme: Theme) -> Figure:
    """Plot all pairs."""
    columns = len(SOURCES)
    figure = Figure(figsize=(14.0, 4.6 * len(pairs) + 0.6), facecolor=theme.background)
    grid = figure.add_gridspec(
        *(len(pairs), columns),
        left=0.06,
        right=0.99,
        top=1.0 - 1.5 / (4.6 * len(pairs) + 0.6),
        bottom=0.03,
        hspace=0.34,
        wspace=0.22,
    )
    heading = "controls of both tracks by bar of the window, up is open; dashed: the swap"
    figure.text(0.06, 0.985, heading, color=theme.muted, size=10, va="top")
    for x, word, track in ((0.015, "A", "a"), (0.03, "B", "b")):
        figure.text(x, 0.985, word, color=theme.tracks[track], size=13, weight="bold", va="top")
    for down, pair in enumerate(pairs):
        found = transitions(folder, pair)
        moving = {
            name: control
            for name, control in LANES.items()
            if any(np.ptp(curve(made, track, control)) > 0 for made in found for track in "ab")
        }
        heights = [1] * len(moving) + [2]
        for across, made in enumerate(found):
            cell = grid[down, across].subgridspec(
                len(heights), 1, hspace=0.15, height_ratios=heights
            )
            panels = [figure.add_subplot(cell[lane]) for lane in range(len(heights))]
            use = made.provenance.refinement
            kept = ": original kept" if use is not None and not use.accepted else ""
            name = f"{pair.replace(':', ' to ')}, {short_name(made.plan.technique)}"
            panel_of(panels, moving, made, f"{name}\n{SOURCES[across]}{kept}", theme)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("pairs", nargs="+", metavar="A:B")
    parser.add_argument("--output", default="demo-output/refinement.png")
    parser.add_argument("--theme", default="light")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    try:
        chosen = theme_named(arguments.theme)
        save_figure(picture(arguments.folder, arguments.pairs, chosen), arguments.output)
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
