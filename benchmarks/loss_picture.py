"""The losses of a training run as a picture.

python benchmarks/loss_picture.py output/run1/metrics.csv docs/images/training-loss.png
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from djtrans.core.errors import DjtransError, InputError
from djtrans.plot.save import save_figure
from djtrans.plot.theme import theme_named

#: Steps over which the training loss is averaged: batches of other lengths differ by far.
AVERAGED = 200


def picture(metrics: Path, theme: str) -> Figure:
    """Training loss, averaged, and validation loss of the averaged weights, over the steps."""
    if not metrics.is_file():
        raise InputError(f"There is no {metrics}; give the metrics.csv of a run.")
    colours = theme_named(theme)
    with metrics.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    step = np.array([int(row["step"]) for row in rows])
    loss = np.array([float(row["loss"]) for row in rows])
    kernel = np.ones(AVERAGED) / AVERAGED
    validated = [
        (int(r["step"]), float(r["validation_loss"])) for r in rows if r["validation_loss"]
    ]
    figure = Figure(figsize=(8.0, 3.6), facecolor=colours.background)
    axes = figure.add_axes((0.09, 0.15, 0.88, 0.72), facecolor=colours.panel)
    axes.plot(
        *(step[AVERAGED - 1 :], np.convolve(loss, kernel, "valid")),
        color=colours.tracks["a"],
        lw=1.4,
        label=f"training, mean of {AVERAGED} steps",
    )
    axes.plot(
        *zip(*validated, strict=True),
        color=colours.tracks["b"],
        lw=1.4,
        marker="o",
        ms=4,
        label="held-out tracks, averaged weights",
    )
    axes.set_yscale("log")
    axes.set_xlim(0, step[-1])
    axes.set_xlabel("step", color=colours.muted, size=9)
    axes.set_title("Loss", color=colours.text, size=11, loc="left")
    axes.tick_params(colors=colours.muted, labelsize=8.5, which="both", length=0)
    axes.grid(color=colours.grid, lw=0.6, which="both")
    for spine in axes.spines.values():
        spine.set_color(colours.grid)
    axes.legend(frameon=False, fontsize=9, labelcolor=colours.text)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("metrics", type=Path)
    parser.add_argument("output", help="picture to write")
    parser.add_argument("--theme", default="light")
    arguments = parser.parse_args()
    try:
        save_figure(picture(arguments.metrics, arguments.theme), arguments.output)
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
