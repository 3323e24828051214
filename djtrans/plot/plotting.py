"""Plot the curves of a panel with their legend, and the frame, bar axis and swap line of rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from djtrans.plot.fonts import verbatim
from djtrans.plot.page import ENTRY, MARGIN
from djtrans.plot.panels import Line, Panel
from djtrans.plot.scales import read, scale_of
from djtrans.plot.text import BESIDE, NORMAL, SMALL, beside, inches, name_row
from djtrans.plot.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    FloatArray = NDArray[np.float64]

#: Line styles distinguish the stems of a track, colours the tracks.
DASHES: tuple[object, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
#: Positions of the two columns of a panel's legend, in inches right of the axes, and the number of
#: characters that fit in the first.
COLUMNS_IN = (BESIDE, 1.22)
COLUMN_CHARACTERS = 11
#: Distance of the panels' names from the brackets that group them, in inches.
INDENT = 0.28


def panel(
    axes: Axes,
    theme: Theme,
    content: Panel,
    positions: FloatArray,
    *,
    name: bool = True,
) -> None:
    """Plot the curves of one parameter, with its name on the left and a legend on the right."""
    scale = scale_of(content.parameter)
    if scale.logarithmic:
        axes.set_yscale("log")
        axes.minorticks_off()
    axes.set_ylim(*scale.limits)
    axes.set_yticks([value for value, _ in scale.ticks], [mark for _, mark in scale.ticks])
    axes.grid(axis="y", color=theme.grid, linewidth=0.8)
    for track in ("a", "b", "mix"):
        for index, line in enumerate(content.of(track)):
            axes.plot(
                positions,
                read(content.parameter, line.values),
                color=theme.tracks[track],
                linestyle=DASHES[index % len(DASHES)],
                linewidth=2.0 if index == 0 else 1.6,
                solid_capstyle="round",
            )
    if name:
        name_row(
            axes,
            theme.text,
            textwrap.fill(content.title, 12),
            below=scale.unit,
            below_colour=theme.muted,
            indent=INDENT,
        )
    for x, y, line, dashes in _legend_places(axes, content):
        _legend_entry(axes, theme, x, y, line, dashes)


def brackets(figure: Figure, theme: Theme, panels: Sequence[Panel], rows: Sequence[Axes]) -> None:
    """Plot a bracket with the name of each group of panels along the left edge of the page."""
    from matplotlib.lines import Line2D

    width, _ = figure.get_size_inches()
    for group in dict.fromkeys(panel.group for panel in panels):
        boxes = [
            row.get_position()
            for panel, row in zip(panels, rows, strict=True)
            if panel.group == group
        ]
        bottom, top = boxes[-1].y0, boxes[0].y1
        x = (MARGIN + 0.17) / width
        figure.add_artist(Line2D([x, x], [bottom, top], color=theme.muted, linewidth=1.2))
        figure.text(
            MARGIN / width, (bottom + top) / 2, verbatim(group), rotation=90, ha="left",
            va="center", fontsize=SMALL, color=theme.muted,
        )  # fmt: skip


def legend_rows(content: Panel) -> int:
    """Return the rows of a panel's legend: tracks side by side, or stacked if names are long."""
    counts = [len(content.of(track)) for track in ("a", "b", "mix")]
    return max(counts) if _side_by_side(content) else sum(counts)


def _side_by_side(content: Panel) -> bool:
    return all(len(_label(line)) <= COLUMN_CHARACTERS for line in content.lines)


def _label(line: Line) -> str:
    track = "mix" if line.track == "mix" else line.track.upper()
    return f"{track} {line.label}".strip()


def _legend_places(axes: Axes, content: Panel) -> list[tuple[float, float, Line, object]]:
    """Return distance in inches, height in the axes, curve and dashes of each legend entry."""
    _, height = inches(axes)
    step = ENTRY / height
    columns = [content.of("a") + content.of("mix"), content.of("b")]
    dashes = [
        [DASHES[content.of(line.track).index(line) % len(DASHES)] for line in column]
        for column in columns
    ]
    if not columns[0] or not _side_by_side(content):
        columns, dashes = [columns[0] + columns[1]], [dashes[0] + dashes[1]]
    return [
        (COLUMNS_IN[place], 0.5 + step * ((len(column) - 1) / 2 - index), line, dash)
        for place, (column, styles) in enumerate(zip(columns, dashes, strict=True))
        for index, (line, dash) in enumerate(zip(column, styles, strict=True))
    ]


def _legend_entry(
    axes: Axes, theme: Theme, distance: float, y: float, line: Line, dashes: object
) -> None:
    from matplotlib.lines import Line2D

    width, _ = inches(axes)
    x = 1.0 + distance / width
    axes.add_line(
        Line2D(
            [x, x + 0.22 / width], [y, y], transform=axes.transAxes, clip_on=False,
            color=theme.tracks[line.track], linewidth=1.8, linestyle=dashes,  # type: ignore[arg-type]
        )
    )  # fmt: skip
    beside(axes, y, _label(line), theme.text, distance=distance + 0.28)


def frame(axes: Axes, theme: Theme, bars: float, around: float, *, shaded: bool = True) -> None:
    """Set the colours, limits and bar lines of a row, and shade the context."""
    axes.set_facecolor(theme.panel)
    axes.set_xlim(-around, bars + around)
    axes.set_axisbelow(True)
    for bar in np.arange(0.0, bars + 1e-6, bar_step(bars)):
        axes.axvline(bar, color=theme.grid, linewidth=0.8, zorder=0.5)
    for left, right in ((-around, 0.0), (bars, bars + around)):
        if right > left and shaded:
            axes.axvspan(left, right, color=theme.muted, alpha=0.12, linewidth=0, zorder=0.4)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL, colors=theme.muted, labelbottom=False, pad=4)


def bar_step(bars: float) -> float:
    """Return the distance of the numbered bar lines."""
    return next((step for step in (1.0, 2.0, 4.0, 8.0, 16.0) if bars / step <= 9), 32.0)


def bar_axis(axes: Axes, theme: Theme, bars: float) -> None:
    """Label the bars below the last row, counted from 1."""
    ticks = np.arange(0.0, bars + 1e-6, bar_step(bars))
    axes.set_xticks(ticks, [f"{tick + 1:.0f}" for tick in ticks])
    axes.tick_params(labelbottom=True, labelsize=NORMAL)
    axes.set_xlabel("bar of the window", color=theme.muted, fontsize=NORMAL, labelpad=2)


def swap_line(rows: Sequence[Axes], theme: Theme, bar: float) -> None:
    """Plot the swap as a line through all rows, labelled above the first."""
    from matplotlib.patches import ConnectionPatch

    first, last = rows[0], rows[-1]
    line = ConnectionPatch(
        (bar, 0.0), (bar, 1.0), last.get_xaxis_transform(), first.get_xaxis_transform(),
        axesA=last, axesB=first, color=theme.swap, linewidth=1.1, linestyle=(0, (4, 3)),
        zorder=10,
    )  # fmt: skip
    first.figure.add_artist(line)
    whole, beat = divmod(bar, 1.0)
    place = f"bar {whole + 1:.0f}" if beat < 1e-6 else f"bar {bar + 1:.2f}"
    first.annotate(
        f"swap · {place}", (bar, 1.0), xycoords=first.get_xaxis_transform(), xytext=(0, 4),
        textcoords="offset points", ha="center", va="bottom", color=theme.swap,
        fontsize=NORMAL, fontweight="bold", annotation_clip=False,
    )  # fmt: skip
