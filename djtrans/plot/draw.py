"""Draws the parts of the picture onto axes that stand ready."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from djtrans.plot.page import ENTRY, LEFT, MARGIN
from djtrans.plot.panels import Line, Panel
from djtrans.plot.scales import read, scale_of
from djtrans.plot.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    FloatArray = NDArray[np.float64]

SMALL, NORMAL, LARGE = 8.5, 9.5, 14.0
#: Stems of one track are told apart by these, tracks by colour.
DASHES: tuple[object, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
#: Where the two columns of a panel's legend stand, right of the axes, in inches, and how many
#: characters fit in the first.
COLUMNS_IN = (0.14, 1.22)
COLUMN_CHARACTERS = 11


def wave(
    axes: Axes,
    theme: Theme,
    track: str,
    name: str,
    peaks: FloatArray,
    positions: FloatArray,
) -> None:
    """A track's contribution: ``peaks [bands, columns]``, which together reach 1 at most.

    The bands lie around each other, the low one inside, so that none hides another.
    """
    middle = 0.5 * (positions[1:] + positions[:-1])
    inner = np.zeros(peaks.shape[-1])
    for band, colour in zip(peaks, theme.bands[track], strict=True):
        for sign in (-1.0, 1.0):
            axes.fill_between(
                middle, sign * inner, sign * (inner + band), color=colour, linewidth=0.0, step="mid"
            )
        inner = inner + band
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([])
    _name(axes, theme.tracks[track], track.upper(), large=True)
    label = name if len(name) <= 30 else name[:29] + "…"
    _beside(axes, 0, 0.5, label, theme.text, SMALL, wrap_at=26)


def owner_strip(axes: Axes, theme: Theme, owners: Sequence[str], beats_per_bar: int) -> None:
    """Who owns the low end, beat by beat."""
    colours = {**theme.tracks, "both": theme.clash, "none": theme.empty}
    whole = len(owners)
    start = 0
    for owner, run in groupby(owners):
        length = len(list(run))
        left, width = start / beats_per_bar, length / beats_per_bar
        hatch = {"both": "////", "none": "...."}.get(owner)
        axes.barh(
            0.0, width, left=left, height=2.0, color=colours[owner], hatch=hatch,
            edgecolor=theme.muted if owner == "none" else theme.background, linewidth=0.0,
        )  # fmt: skip
        if length >= 0.07 * whole and not hatch:
            axes.text(
                left + width / 2, 0.0, owner.upper(), ha="center", va="center_baseline",
                color=theme.background, fontsize=SMALL, fontweight="bold",
            )  # fmt: skip
        start += length
    axes.set_ylim(-1.0, 1.0)
    axes.set_yticks([])
    _name(axes, theme.text, "low end")
    notes = {"both": "hatched: two basses", "none": "dotted: no bass"}
    here = [note for owner, note in notes.items() if owner in owners]
    _beside(axes, 0, 0.5, ", ".join(here), theme.muted, SMALL)


def panel(axes: Axes, theme: Theme, content: Panel, positions: FloatArray) -> None:
    """The lines of one parameter, with their legend beside."""
    scale = scale_of(content.parameter)
    if scale.logarithmic:
        axes.set_yscale("log")
        axes.minorticks_off()
    axes.set_ylim(*scale.limits)
    axes.set_yticks([value for value, _ in scale.ticks], [name for _, name in scale.ticks])
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
    _name(axes, theme.text, content.title, below=scale.unit, below_colour=theme.muted)
    for x, y, line, dashes in _legend_places(axes, content):
        _legend_entry(axes, theme, x, y, line, dashes)


def legend_rows(content: Panel) -> int:
    """Rows of a panel's legend: tracks side by side, or below each other where names are long."""
    counts = [len(content.of(track)) for track in ("a", "b", "mix")]
    return max(counts) if _side_by_side(content) else sum(counts)


def _side_by_side(content: Panel) -> bool:
    return all(len(_label(line)) <= COLUMN_CHARACTERS for line in content.lines)


def _label(line: Line) -> str:
    track = "mix" if line.track == "mix" else line.track.upper()
    return f"{track} {line.label}".strip()


def _legend_places(axes: Axes, content: Panel) -> list[tuple[float, float, Line, object]]:
    """Inches from the edge, height in the axes, line and dashes of each entry of a legend."""
    _, height = _inches(axes)
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
    axes: Axes, theme: Theme, inches: float, y: float, line: Line, dashes: object
) -> None:
    from matplotlib.lines import Line2D

    width, _ = _inches(axes)
    x = 1.0 + inches / width
    axes.add_line(
        Line2D(
            [x, x + 0.22 / width], [y, y], transform=axes.transAxes, clip_on=False,
            color=theme.tracks[line.track], linewidth=1.8, linestyle=dashes,  # type: ignore[arg-type]
        )
    )  # fmt: skip
    _beside(axes, inches + 0.28, y, _label(line), theme.text, SMALL)


def frame(axes: Axes, theme: Theme, bars: float, around: float) -> None:
    """What all rows share: colours, bar lines, and the context shaded."""
    axes.set_facecolor(theme.panel)
    axes.set_xlim(-around, bars + around)
    axes.set_axisbelow(True)
    step = bar_step(bars)
    for bar in np.arange(0.0, bars + 1e-6, step):
        axes.axvline(bar, color=theme.grid, linewidth=0.8, zorder=0.5)
    for left, right in ((-around, 0.0), (bars, bars + around)):
        if right > left:
            axes.axvspan(left, right, color=theme.muted, alpha=0.12, linewidth=0, zorder=0.4)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL, colors=theme.muted, labelbottom=False, pad=4)


def bar_step(bars: float) -> float:
    """Distance of the bar lines that are numbered."""
    return next((step for step in (1.0, 2.0, 4.0, 8.0, 16.0) if bars / step <= 9), 32.0)


def bar_axis(axes: Axes, theme: Theme, bars: float) -> None:
    """Bar numbers below the last row, counted from 1 as musicians do."""
    ticks = np.arange(0.0, bars + 1e-6, bar_step(bars))
    axes.set_xticks(ticks, [f"{tick + 1:.0f}" for tick in ticks])
    axes.tick_params(labelbottom=True, labelsize=NORMAL)
    axes.set_xlabel("bar of the window", color=theme.muted, fontsize=NORMAL, labelpad=4)


def swap_line(rows: Sequence[Axes], theme: Theme, bar: float) -> None:
    """A line through all rows where the exchange ends, named above the first."""
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


def words(figure: Figure, theme: Theme, title: str, subtitle: str, still: Sequence[str]) -> None:
    """Title, subtitle, and what never moves."""
    import textwrap

    width, height = figure.get_size_inches()
    left = MARGIN / width
    for text, top, size, colour, most in (
        (title, 0.2, LARGE, theme.text, 95),
        (subtitle, 0.5, NORMAL, theme.muted, 150),
    ):
        figure.text(
            left, 1 - top / height, textwrap.shorten(text, most, placeholder=" …"), color=colour,
            fontsize=size, fontweight="bold" if size == LARGE else "normal", va="top",
        )  # fmt: skip
    if still:
        text = textwrap.fill("unchanged: " + ", ".join(still), 165, max_lines=2, placeholder=" …")
        figure.text(left, 0.13 / height, text, fontsize=SMALL, color=theme.muted, va="bottom")


def _inches(axes: Axes) -> tuple[float, float]:
    box = axes.get_position()
    width, height = axes.get_figure().get_size_inches()  # type: ignore[union-attr]
    return float(box.width * width), float(box.height * height)


def _name(
    axes: Axes, colour: str, text: str, large: bool = False, below: str = "", below_colour: str = ""
) -> None:
    """The name of a row in the left margin, its unit below."""
    width, _ = _inches(axes)
    x = (MARGIN - LEFT) / width
    axes.text(
        x, 0.5, text, transform=axes.transAxes, color=colour, ha="left",
        va="bottom" if below else "center", fontsize=LARGE if large else NORMAL, fontweight="bold",
    )  # fmt: skip
    if below:
        axes.text(
            x, 0.46, below, transform=axes.transAxes, color=below_colour, ha="left", va="top",
            fontsize=SMALL,
        )  # fmt: skip


def _beside(
    axes: Axes, inches: float, y: float, text: str, colour: str, size: float, wrap_at: int = 0
) -> None:
    """Words right of a row, `inches` from its edge (0 for the usual distance)."""
    import textwrap

    width, _ = _inches(axes)
    if wrap_at:
        text = textwrap.fill(text, wrap_at)
    axes.text(
        1.0 + (inches or COLUMNS_IN[0]) / width, y, text,
        transform=axes.transAxes, color=colour, fontsize=size, ha="left", va="center",
    )  # fmt: skip
