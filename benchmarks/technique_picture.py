"""The plain drawing of every technique in one picture.

    python benchmarks/technique_picture.py docs/images/techniques.png
    python benchmarks/technique_picture.py varied.png --seed 5 --theme dark

In each only what moves is drawn, and stems that move alike share a lane.
"""

from __future__ import annotations

import argparse

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from techniques import BEATS_PER_BAR, TECHNIQUES, declaration

from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import DjtransError
from djtrans.core.track.stem_names import STEMS
from djtrans.mixer.resolve import mixer_layout
from djtrans.pipeline.curve_generation import load_technique
from djtrans.plot.save import save_figure
from djtrans.plot.theme import Theme, theme_named

FRAMES_PER_BEAT = 8
COLUMNS = 3
Curve = NDArray[np.float32]
#: Nodes of a stem, in the order of the lanes, and what they are called.
NODES = {
    "fader/gain": "fader",
    "eq/low": "low",
    "eq/mid": "mid",
    "eq/high": "high",
    "hpf/cutoff": "high-pass",
    "lpf/cutoff": "low-pass",
}
SENDS = {"reverb/send": "reverb send", "delay/send": "echo send", "delay/feedback": "feedback"}


def curves_of(name: str, seed: int) -> dict[str, Curve]:
    """The drawing of a technique at its default length, by key."""
    layout, facts = mixer_layout(), declaration(name)
    beats = facts.bars[1] * BEATS_PER_BAR
    swap = facts.swap_bars(facts.bars[1]) * BEATS_PER_BAR
    request = CurveRequest(
        layout, beats * FRAMES_PER_BEAT, swap, frames_per_beat=FRAMES_PER_BEAT, seed=seed
    )
    values = load_technique(name).generate(request).numpy()
    return {row.key: values[:, row.index] for row in layout.rows}


def lanes(curves: dict[str, Curve]) -> dict[str, dict[str, Curve]]:
    """What each lane shows of each track, by title: only what moves, what is alike in one lane."""
    found: dict[str, list[str]] = {}
    shown: dict[str, dict[str, Curve]] = {}
    for node, title in (*NODES.items(), *SENDS.items()):
        for stem in STEMS if node in NODES else ("track",):
            both = {track: curves[f"{track}/{stem}/{node}"] for track in "ab"}
            # A fader tells something even where it stands still.
            moving = {t: c for t, c in both.items() if np.ptp(c) > 0 or title == "fader"}
            if any(np.ptp(c) > 0 for c in moving.values()):
                same = f"{title} {[(t, c.tobytes()) for t, c in moving.items()]}"
                found.setdefault(same, []).append(stem)
                shown[same] = moving
    out: dict[str, dict[str, Curve]] = {}
    for same, stems in found.items():
        title = same.partition(" [")[0]
        if len(stems) < len(STEMS) and stems != ["track"]:
            (missing,) = set(STEMS) - set(stems) if len(stems) > 1 else ("",)
            who = f"all but\n{missing}" if missing else stems[0]
            title = who if title == "fader" else f"{who} {title}"
        out[title] = shown[same]
    return out


def position(name: str) -> dict[str, dict[str, Curve]]:
    """A lane with the position of A that plays, where the end of A is looped or slows down."""
    facts = declaration(name)
    if facts.ending is None:
        return {}
    beats = facts.bars[1] * BEATS_PER_BAR
    swap = facts.swap_bars(facts.bars[1]) * BEATS_PER_BAR
    played = np.arange(beats * FRAMES_PER_BEAT) / FRAMES_PER_BEAT
    segments = facts.ending.segments(swap)
    for index, beat in enumerate(played):
        for segment in segments:
            if segment.start <= beat < segment.stop:
                played[index] = segment.position_at(beat)
    played[swap * FRAMES_PER_BEAT :] = np.nan
    low, high = np.nanmin(played), np.nanmax(played)
    return {"position": {"a": ((played - low) / (high - low)).astype(np.float32)}}


def draw(panels: list[Axes], name: str, shown: dict[str, dict[str, Curve]], colours: Theme) -> None:
    """One technique: a lane below the other."""
    facts = declaration(name)
    bars = facts.bars[1]
    panels[0].set_title(f"{name}, {bars} bars", color=colours.text, size=10, loc="left")
    for panel, (title, by_track) in zip(panels, shown.items(), strict=False):
        for track, curve in by_track.items():
            bar = np.arange(len(curve)) / (FRAMES_PER_BEAT * BEATS_PER_BAR)
            panel.plot(bar, curve, color=colours.tracks[track], lw=1.5)
        panel.axvline(facts.swap_bars(bars), color=colours.swap, lw=0.8, ls=(0, (3, 3)))
        panel.set(facecolor=colours.panel, ylim=(-0.15, 1.15), xlim=(0, bars), yticks=[])
        panel.set_ylabel(title, color=colours.muted, size=8, rotation=0, ha="right", va="center")
        panel.tick_params(colors=colours.muted, labelsize=7.5, length=0, labelbottom=False)
        panel.set_xticks(np.linspace(0, bars, 5 if bars > 2 else 3))
        panel.grid(axis="x", color=colours.grid, lw=0.6)
        for spine in panel.spines.values():
            spine.set_color(colours.grid)
    panels[len(shown) - 1].tick_params(labelbottom=True)
    for panel in panels[len(shown) :]:
        panel.set_visible(False)


def picture(seed: int, theme: str) -> Figure:
    """All techniques; in each, only what moves."""
    colours = theme_named(theme)
    shown = {name: lanes(curves_of(name, seed)) | position(name) for name in TECHNIQUES}
    rows = [TECHNIQUES[i : i + COLUMNS] for i in range(0, len(TECHNIQUES), COLUMNS)]
    heights = [max(len(shown[name]) for name in row) for row in rows]
    figure = Figure(figsize=(12.0, 0.42 * sum(heights) + 2.4), facecolor=colours.background)
    grid = figure.add_gridspec(
        *(len(rows), COLUMNS),
        left=0.075,
        right=0.985,
        top=0.925,
        bottom=0.03,
        hspace=0.24,
        wspace=0.26,
        height_ratios=heights,
    )
    for x, word, track in ((0.04, "A", "a"), (0.057, "B", "b")):
        figure.text(x, 0.968, word, color=colours.tracks[track], size=13, weight="bold")
    legend = "by bar of the window; dashed: the swap. Only what moves is drawn; up is open."
    figure.text(0.08, 0.968, legend, color=colours.muted, size=10)
    for across, row in enumerate(rows):
        for down, name in enumerate(row):
            cell = grid[across, down].subgridspec(heights[across], 1, hspace=0.18)
            panels = [figure.add_subplot(cell[lane]) for lane in range(heights[across])]
            draw(panels, name, shown[name], colours)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", nargs="?", default="demo-output/techniques.png", help="file")
    parser.add_argument("--seed", type=int, default=0, help="0: plain")
    parser.add_argument("--theme", default="light")
    arguments = parser.parse_args()
    try:
        save_figure(picture(arguments.seed, arguments.theme), arguments.output)
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
