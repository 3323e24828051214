"""Plot a benchmark: a panel per dataset, with the intervals of each system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from djtrans.benchmarking.published import published
from djtrans.benchmarking.report import measured_scores, noun, score_label
from djtrans.benchmarking.results import Benchmark
from djtrans.benchmarking.scores import Score
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.plot.fonts import verbatim
from djtrans.plot.style import styled
from djtrans.plot.theme import Theme, theme_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Height of a row of one score and system, and of the text around a panel, in inches.
_ROW, _TEXT = 0.15, 0.85
_MARKERS = "osD^vPX*"


@styled
def plot_benchmark(benchmark: Benchmark, *, theme: str = "light") -> Figure:
    """Plot means with their 95 % intervals by dataset, score and system.

    Parameters
    ----------
    benchmark : Benchmark
        Results.
    theme : str
        ``"light"`` or ``"dark"``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If nothing was scored, or there is no such theme.
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    panels = {
        (name, unit): scores
        for name in benchmark.found
        for unit in dict.fromkeys(score.unit for score in benchmark.scores)
        if (scores := [s for s in measured_scores(benchmark, name) if s.unit == unit])
    }
    if not panels:
        raise InputError("The benchmark has no scores to plot; see the reasons of its results.")
    heights = [len(s) * (len(benchmark.systems) + 1) * _ROW + _TEXT for s in panels.values()]
    figure = Figure(
        figsize=(7.5, sum(heights) + 0.4), facecolor=colours.background, layout="constrained"
    )
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for axes, ((name, unit), scores) in zip(grid.flat, panels.items(), strict=True):
        _panel(axes, benchmark, name, unit, scores, colours)
    entries = {
        label: handle
        for axes in grid.flat
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside upper left",
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=colours.text,
    )
    return figure


def _panel(
    axes: Axes,
    benchmark: Benchmark,
    dataset: str,
    unit: str,
    scores: list[Score],
    colours: Theme,
) -> None:
    axes.set_facecolor(colours.panel)
    for spine in axes.spines.values():
        spine.set_color(colours.grid)
    step = 1 / (len(benchmark.systems) + 1)
    palette = (colours.tracks["a"], colours.tracks["b"], colours.muted, colours.text)
    for index, system in enumerate(benchmark.systems):
        colour, marker = palette[index % len(palette)], _MARKERS[index % len(_MARKERS)]
        label = verbatim(short_name(system))
        for row, score in enumerate(scores):
            mean = benchmark.mean(dataset, system, score.key)
            place = row + (index + 1) * step - 0.5
            if mean.mean is None:
                continue
            if mean.low is not None and mean.high is not None:
                axes.plot([mean.low, mean.high], [place, place], color=colour, lw=2)
            axes.plot([mean.mean], [place], marker, color=colour, ms=4.5, label=label)
            label = "_"
    label = "published"
    for row, score in enumerate(scores):
        if best := published(dataset, score.key):
            ends = [row - 0.4, row + 0.4]
            axes.plot([best.value] * 2, ends, color=colours.text, lw=1.2, label=label)
            label = "_"
    axes.set_ylim(len(scores) - 0.5, -0.5)
    axes.set_yticks(
        range(len(scores)), [verbatim(score_label(score, unit=False)) for score in scores]
    )
    values = [r.scores.get(s.key, 0.0) for r in benchmark.results for s in scores]
    if not unit and min(values) >= 0 and max(values) <= 1:
        axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", color=colours.grid, lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=colours.muted, labelsize=8, length=0)
    chosen = len({r.track for r in benchmark.results if r.dataset == dataset})
    given = f" in {unit}" if unit else ""
    axes.set_title(
        verbatim(f"{dataset}, {chosen} {noun(dataset)}: means{given}, 95 % intervals"),
        color=colours.text,
        size=9,
        loc="left",
    )
