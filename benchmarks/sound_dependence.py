"""Distance of the curves of one technique and length between pairs of tracks, and why it is there.

    python benchmarks/sound_dependence.py pairs.csv sound.png [--model FILE]

All pairs of the CSV (columns a and b) are planned with one technique and length, by default a bass
swap of 16 bars, so that curves which follow only the plan are equal. Printed: the root mean square
difference between the curves of two pairs, in percent of the range. The picture shows for each
pair the level of the stems of both tracks by band, and the curves: averages of a track, thin the
single stems, dotted the rules.
"""

from __future__ import annotations

import argparse
import itertools
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
from _cases import LoadedCase, beat_times, load_files
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from refinement_picture import LANES
from torch import Tensor

import djtrans
from djtrans import load_model
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.track.features import TrackFeatures
from djtrans.core.util.tables import markdown_table
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling
from djtrans.evaluation import read_pairs
from djtrans.pipeline.curve_generation import generate_params
from djtrans.plot.save import save_figure
from djtrans.plot.theme import Theme, theme_named

RULES, MODEL, REFINED = "rules", "model", "model, refined"
BANDS = ("low", "mid", "high")
#: Range of the levels below the loud parts of a track, in dB.
QUIET_DB = -40.0
#: Lanes with smaller motion, in ranges, are left out.
LEAST_MOTION = 0.05
#: Characters of a line of a title, so that it fits above its column.
TITLE_WIDTH = 44


@attrs.frozen(eq=False)
class Planned:
    """One pair with its curves by source."""

    name: str
    case: LoadedCase
    features: tuple[TrackFeatures, TrackFeatures]
    curves: Mapping[str, TransitionParams]


def planned(name: str, case: LoadedCase, model: DiffusionModel) -> Planned:
    """Generate the curves of a case."""
    request = case.request(model.extractors)
    if request.features_a is None or request.features_b is None:
        raise InputError(f"{name} has no features.")
    generated = generate_params(model, request, beat_times(case))
    refined = djtrans.refine(case.with_curves(generated.values))
    curves = {RULES: case.content.params, MODEL: generated, REFINED: refined.params}
    return Planned(name, case, (request.features_a, request.features_b), curves)


def distances(found: Sequence[Planned], source: str) -> NDArray[np.float64]:
    """Compute the root mean square difference of each two pairs, in percent of the range."""
    scaled: list[Tensor] = [Scaling(p.curves[source].layout).to_model(p.curves[source].values)
                            for p in found]  # fmt: skip
    return np.array(
        [50.0 * float((a - b).square().mean().sqrt()) for a, b in itertools.combinations(scaled, 2)]
    )


def table(found: Sequence[Planned]) -> str:
    """Tabulate the distances by source."""
    lines = []
    for source in (RULES, MODEL, REFINED):
        far = distances(found, source)
        numbers = (far.min(), np.median(far), far.max())
        lines.append([source, str(len(far)), *(f"{value:.1f}" for value in numbers)])
    return markdown_table(["% of the range", "n", "least", "median", "largest"], lines)


def unit_curves(params: TransitionParams, track: str, control: str) -> NDArray[np.float32]:
    """Return the curves of a control of all stems of a track, as parts of its range."""
    rows = params.layout.select(f"{track}/*/{control}")
    parameter = params.layout.rows[rows[0]].parameter
    values: NDArray[np.float32] = params.values[:, rows].numpy()
    return (values - parameter.minimum) / parameter.span


def levels(panel: Axes, features: TrackFeatures, track: str, theme: Theme) -> None:
    """Plot the level of each stem and band over the bars."""
    relative = features.level_db.numpy() - features.reference_db
    image = relative.transpose(1, 2, 0).reshape(-1, len(relative))
    bars = len(relative) / (features.frames_per_beat * features.beats_per_bar)
    panel.imshow(
        image,
        aspect="auto",
        extent=(0.0, bars, len(image), 0.0),
        vmin=QUIET_DB,
        vmax=0.0,
        cmap="magma",
        interpolation="nearest",
    )
    panel.set_yticks(np.arange(len(features.stem_names)) * len(BANDS) + len(BANDS) / 2)
    panel.set_yticklabels(features.stem_names)
    for edge in range(len(BANDS), len(image), len(BANDS)):
        panel.axhline(edge, color=theme.background, lw=1.0)
    for beat in features.phrase_beats:
        panel.axvline(beat / features.beats_per_bar, color=theme.tracks[track], lw=1.2)


def lane(panel: Axes, one: Planned, control: str, theme: Theme) -> None:
    """Plot a control of both tracks."""
    plan = one.case.content.plan
    for track in "ab":
        each = unit_curves(one.curves[MODEL], track, control)
        bar = np.arange(len(each)) / (plan.frames_per_beat * plan.beats_per_bar)
        panel.plot(bar, each, color=theme.tracks[track], lw=0.5, alpha=0.6)
        panel.plot(bar, each.mean(axis=1), color=theme.tracks[track], lw=1.8)
        rules = unit_curves(one.curves[RULES], track, control).mean(axis=1)
        panel.plot(bar, rules, color=theme.tracks[track], lw=1.1, ls=":")
    panel.set_ylim(-0.1, 1.1)
    panel.set_yticks([])


def picture(found: Sequence[Planned], theme: Theme) -> Figure:
    """Plot all pairs side by side."""
    shown = {
        title: control
        for title, control in LANES.items()
        if any(
            np.ptp(unit_curves(p.curves[source], track, control), axis=0).max() > LEAST_MOTION
            for p in found
            for source in (RULES, MODEL)
            for track in "ab"
        )
    }
    heights = [2.2, 2.2, *[1.0] * len(shown)]
    size = (3.4 * len(found) + 1.0, sum(heights) + 1.4)
    figure = Figure(figsize=size, facecolor=theme.background)
    grid = figure.add_gridspec(
        *(len(heights), len(found)),
        height_ratios=heights,
        left=0.07,
        right=0.99,
        top=1.0 - 1.1 / size[1],
        bottom=0.04,
        hspace=0.12,
        wspace=0.2,
    )
    heading = (
        "above: level of the stems of A and B, each low, mid and high, lines: phrase boundaries; "
        "below: controls by bar, thick: average, thin: stems, dotted: rules"
    )
    figure.text(0.07, 0.985, heading, color=theme.muted, size=9, va="top")
    for across, one in enumerate(found):
        plan = one.case.content.plan
        panels = [figure.add_subplot(grid[down, across]) for down in range(len(heights))]
        for panel, features, track in zip(panels, one.features, "ab", strict=False):
            levels(panel, features, track, theme)
            colour = theme.tracks[track]
            panel.set_ylabel(track.upper(), color=colour, size=12, weight="bold", rotation=0)
        for panel, (title, control) in zip(panels[2:], shown.items(), strict=True):
            lane(panel, one, control, theme)
            panel.set_ylabel(title, color=theme.muted, size=8, rotation=0, ha="right", va="center")
        title = "\n".join(textwrap.wrap(one.name, TITLE_WIDTH))
        panels[0].set_title(title, color=theme.text, size=9, loc="left")
        for panel in panels:
            panel.axvline(
                plan.swap_beat / plan.beats_per_bar, color=theme.swap, lw=0.8, ls=(0, (3, 3))
            )
            panel.set(facecolor=theme.panel, xlim=(0, plan.bars))
            panel.set_xticks(np.arange(0, plan.bars + 1, max(1, plan.bars // 4)))
            panel.tick_params(colors=theme.muted, labelsize=7, length=0, labelbottom=False)
            for spine in panel.spines.values():
                spine.set_color(theme.grid)
        panels[-1].tick_params(labelbottom=True)
    return figure


def planned_cases(
    arguments: argparse.Namespace,
) -> tuple[DiffusionModel, Iterator[tuple[str, LoadedCase]]]:
    """Load the model, and plan all pairs with one technique and length."""
    model = load_model(arguments.model, "cpu")
    if model is None:
        raise InputError("There is no model; give one with --model.")

    def cases() -> Iterator[tuple[str, LoadedCase]]:
        for pair in read_pairs(arguments.pairs):
            pair = attrs.evolve(pair, technique=arguments.technique)
            yield pair.label, load_files(pair, arguments.bars)
            print(f"{pair.label}: planned", flush=True)

    return model, cases()


def run(main: Callable[[argparse.Namespace], None], description: str) -> None:
    """Parse the command line of a benchmark of planned pairs, and run it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pairs", type=Path, help="CSV of pairs of files, as of djtrans evaluate")
    parser.add_argument("output", help="picture to write")
    parser.add_argument("--model", help="file of a model; default: the bundled one")
    parser.add_argument("--technique", default="bass-swap")
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--theme", default="light")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def main(arguments: argparse.Namespace) -> None:
    """Plan the pairs, print the table and save the picture."""
    model, cases = planned_cases(arguments)
    found = [planned(name, case, model) for name, case in cases]
    print(table(found))
    save_figure(picture(found, theme_named(arguments.theme)), arguments.output)


if __name__ == "__main__":
    run(main, __doc__.splitlines()[0])
