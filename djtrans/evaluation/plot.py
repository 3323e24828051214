"""Plot a comparison: a panel per metric with the interval of each technique."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.evaluation.comparison import Comparison
from djtrans.plot.fonts import verbatim
from djtrans.plot.style import styled
from djtrans.plot.theme import Theme, theme_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from djtrans.core.contracts.metric import MetricValue
    from djtrans.core.util.statistics import Estimate

_COLUMNS = 4
_PANEL_WIDTH = 3.2
#: Height of the row of a technique, and of the text around a panel, in inches.
_ROW, _TEXT = 0.2, 0.75
_DIRECTIONS = {"lower": "← lower is better", "higher": "higher is better →"}


@styled
def plot_techniques(
    comparison: Comparison, *, baseline: str = "djtrans/fade", theme: str = "light"
) -> Figure:
    """Plot medians over the pairs with their 95 % intervals, by metric and technique.

    Descriptive metrics, and metrics in which all techniques are equal, have no panel.

    Parameters
    ----------
    comparison : Comparison
        Results.
    baseline : str
        Qualified name of the technique that is highlighted, with a line at its median.
    theme : str
        ``"light"`` or ``"dark"``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If nothing was measured, or there is no such theme.
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    medians = {technique: comparison.medians(technique) for technique in comparison.techniques}
    names = {
        technique: verbatim(f"{short_name(technique)}  n {len(comparison.measured(technique))}")
        for technique in medians
    }
    if not any(outcome.ok for outcome in comparison.outcomes):
        raise InputError(
            "The comparison has no measured transitions to plot; see `failed` for the reasons."
        )
    metrics = [m for m in comparison.metrics if m.better != "description" and _differs(m, medians)]
    metrics = metrics or [
        m for m in comparison.metrics if any(e[m.name].n for e in medians.values())
    ]
    columns = min(_COLUMNS, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    height = len(medians) * _ROW + _TEXT
    figure = Figure(
        figsize=(1.2 + columns * _PANEL_WIDTH, 0.7 + rows * height),
        facecolor=colours.background,
        layout="constrained",
    )
    figure.suptitle(
        f"{len(comparison.pairs)} pairs: medians and 95 % intervals", color=colours.text, size=12
    )
    grid = figure.subplots(rows, columns, squeeze=False)
    for index, axes in enumerate(grid.flat):
        if index >= len(metrics):
            axes.set_visible(False)
            continue
        metric = metrics[index]
        estimates = {name: of[metric.name] for name, of in medians.items()}
        _panel(axes, metric, estimates, baseline, colours)
        axes.set_yticklabels(names.values() if index % columns == 0 else [])
        for place, (technique, e) in enumerate(estimates.items()):
            if 0 < e.n < len(comparison.measured(technique)):
                _note(axes, f"n {e.n}", place, colours, right=True)
    return figure


def _differs(metric: MetricValue, medians: dict[str, dict[str, Estimate]]) -> bool:
    """Return True if the techniques differ in a metric beyond rounding errors."""
    estimates = [of[metric.name] for of in medians.values()]
    ends = {
        tuple(None if end is None else round(end, 6) for end in (e.low, e.median, e.high))
        for e in estimates
        if e.median is not None
    }
    return len(ends) > 1


def _panel(
    axes: Axes, metric: MetricValue, estimates: dict[str, Estimate], baseline: str, colours: Theme
) -> None:
    axes.set_facecolor(colours.panel)
    for spine in axes.spines.values():
        spine.set_color(colours.grid)
    for place, (technique, e) in enumerate(estimates.items()):
        is_baseline = technique == baseline
        colour = colours.tracks["b" if is_baseline else "a"]
        if e.median is None:
            _note(axes, "not measurable", place, colours)
            continue
        if is_baseline:
            axes.axvline(e.median, color=colour, lw=0.8, ls=(0, (3, 3)), zorder=1)
        if e.low is not None and e.high is not None:
            axes.plot([e.low, e.high], [place, place], color=colour, lw=2.2, zorder=2)
        marker = "D" if is_baseline else "o"
        axes.plot([e.median], [place], marker, color=colour, ms=4.5, zorder=3)
    axes.set_ylim(len(estimates) - 0.5, -0.5)
    axes.set_yticks(range(len(estimates)))
    axes.grid(axis="x", color=colours.grid, lw=0.6)
    axes.set_axisbelow(True)
    axes.margins(x=0.08)
    axes.tick_params(colors=colours.muted, labelsize=7.5, length=0)
    axes.set_title(
        verbatim(metric.name.replace("_", " ")), color=colours.text, size=8.5, loc="left"
    )
    words = ", ".join(filter(None, [metric.unit, _DIRECTIONS.get(metric.better, "")]))
    axes.set_xlabel(verbatim(words), color=colours.muted, size=7.5)


def _note(axes: Axes, text: str, place: int, colours: Theme, *, right: bool = False) -> None:
    axes.annotate(
        text,
        (0.99 if right else 0.02, place),
        xycoords=("axes fraction", "data"),
        ha="right" if right else "left",
        va="center",
        size=6.5,
        color=colours.muted,
    )
