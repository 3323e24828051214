"""Curves of a model for one case with several seeds, in one picture.

    python benchmarks/model_seeds.py held-out/case_008 docs/images/model-seeds.png [--model FILE]

A column is a seed, a lane one parameter of both tracks; only those that move in any are shown.
Above each column: measurements of its mix.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import attrs
import numpy as np
from _cases import LoadedCase, beat_times, load_prepared
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from djtrans import load_model
from djtrans.core.contracts.declaration import short_name
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import DjtransError
from djtrans.core.transition.plan import TransitionPlan
from djtrans.pipeline.curve_generation import generate_params
from djtrans.plot.save import save_figure
from djtrans.plot.theme import Theme, theme_named

#: One stem stands for each: the one that is heard most there.
LANES = {
    "fader": "other/fader/gain",
    "voice": "vocals/fader/gain",
    "drums": "drums/fader/gain",
    "bass low": "bass/eq/low",
    "mid": "other/eq/mid",
    "high": "drums/eq/high",
    "high-pass": "other/hpf/cutoff",
    "low-pass": "other/lpf/cutoff",
    "reverb send": "track/reverb/send",
    "echo send": "track/delay/send",
}
#: What moves by less is not worth a lane.
MOVES = 0.1
SAID = {
    "bass_overlap_beats": "two basses {:.0f}",
    "vocal_clash_beats": "two voices {:.0f} beats",
    "loudness_dip_lu": "dip {:.1f}",
    "loudness_bump_lu": "bump {:.1f} LU",
}


def picture(case: LoadedCase, model_path: str | None, seeds: list[int], theme: str) -> Figure:
    """Plot a column for each seed."""
    colours, plan = theme_named(theme), case.content.plan
    model = load_model(model_path, "cpu")
    request = case.request(model.extractors)
    drawn = [
        generate_params(model, attrs.evolve(request, seed=seed), beat_times(case)) for seed in seeds
    ]
    shown = {
        title: key
        for title, key in LANES.items()
        if any(np.ptp(p.row(f"{t}/{key}").numpy()) > MOVES for p in drawn for t in "ab")
    }
    figure = Figure(
        figsize=(2.1 * len(seeds) + 1.2, 0.62 * len(shown) + 1.9), facecolor=colours.background
    )
    top = 1.0 - 1.05 / figure.get_size_inches()[1]
    grid = figure.add_gridspec(
        len(shown), len(seeds), left=0.09, right=0.985, top=top, bottom=0.06, hspace=0.2, wspace=0.1
    )
    name = short_name(plan.technique)
    figure.text(
        0.09,
        0.955,
        f"One pair, one technique ({name}, {plan.bars} bars), {len(seeds)} seeds",
        color=colours.text,
        size=12,
        weight="bold",
    )
    for x, track in ((0.03, "a"), (0.05, "b")):
        figure.text(x, 0.955, track.upper(), color=colours.tracks[track], size=12, weight="bold")
    for column, (seed, params) in enumerate(zip(seeds, drawn, strict=True)):
        values = case.with_curves(params.values).metrics().values()
        lines = [form.format(values[key] or 0.0) for key, form in SAID.items()]
        for row, (title, key) in enumerate(shown.items()):
            panel = figure.add_subplot(grid[row, column])
            lane(panel, params, key, plan, colours)
            if column == 0:
                panel.set_ylabel(title, color=colours.muted, size=8.5, rotation=0, ha="right")
            if row == 0:
                said = f"seed {seed}\n" + "\n".join(f"{a}, {b}" for a, b in _twos(lines))
                panel.set_title(said, color=colours.text, size=7.5, loc="left")
            panel.tick_params(labelbottom=row == len(shown) - 1)
    return figure


def lane(
    panel: Axes, params: TransitionParams, key: str, plan: TransitionPlan, colours: Theme
) -> None:
    """Plot one parameter of both tracks."""
    bar = np.arange(params.n_frames) / (params.frames_per_beat * plan.beats_per_bar)
    for track in "ab":
        row = params.layout.rows[params.layout.index(f"{track}/{key}")].parameter
        curve = (params.row(f"{track}/{key}").numpy() - row.minimum) / (row.maximum - row.minimum)
        panel.plot(bar, curve, color=colours.tracks[track], lw=1.5)
    panel.axvline(plan.swap_beat / plan.beats_per_bar, color=colours.swap, lw=0.8, ls=(0, (3, 3)))
    panel.set(facecolor=colours.panel, ylim=(-0.12, 1.12), xlim=(0, plan.bars), yticks=[])
    panel.set_xticks(np.linspace(0, plan.bars, 3))
    panel.tick_params(colors=colours.muted, labelsize=7.5, length=0)
    for spine in panel.spines.values():
        spine.set_color(colours.grid)


def _twos(lines: list[str]) -> list[tuple[str, str]]:
    return list(zip(lines[::2], lines[1::2], strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", type=Path, help="a prepared pair")
    parser.add_argument("output", help="picture to write")
    parser.add_argument("--model", help="a model's file; default: the one that is shipped")
    parser.add_argument("--seeds", type=int, default=6, help="how many")
    parser.add_argument("--theme", default="light")
    arguments = parser.parse_args()
    try:
        drawing = picture(
            load_prepared(arguments.case),
            arguments.model,
            list(range(1, arguments.seeds + 1)),
            arguments.theme,
        )
        save_figure(drawing, arguments.output)
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
