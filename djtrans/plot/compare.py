"""Plot two transitions side by side, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from djtrans.core.transition.params_file import ParamsFile
from djtrans.plot import page, plotting, text
from djtrans.plot.lanes import lane
from djtrans.plot.ownership_strip import owner_strip
from djtrans.plot.panels import GROUPS, Panel, by_stem
from djtrans.plot.scene import Scene, make_scene
from djtrans.plot.style import styled
from djtrans.plot.theme import Theme, theme_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Width of the axes of each half, and of the space between the halves, in inches.
HALF, BETWEEN = 5.6, 2.85


@styled
def plot_comparison(
    left: ParamsFile, right: ParamsFile, *, theme: str = "light", labels: tuple[str, str] = ("", "")
) -> Figure:
    """Plot two transitions side by side.

    Each half is a plot as of :func:`plot_transition`. A parameter that moves in either transition
    has its row in both.

    Parameters
    ----------
    left, right : ParamsFile
        Transitions of the same layout or of different ones.
    theme : {"light", "dark"}
        Colours.
    labels : tuple of str
        Names of the two halves, put before their titles.

    Returns
    -------
    matplotlib.figure.Figure
        18 inches wide, 9 or more high.

    Examples
    --------
    >>> from djtrans.core.transition.params_file import load_params
    >>> from djtrans.plot import plot_comparison, save_figure
    >>> figure = plot_comparison(load_params("1.json"), load_params("2.json"))  # doctest: +SKIP
    >>> save_figure(figure, "both.png")  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    scenes = (make_scene(left), make_scene(right))
    panels = _shared(scenes)
    roles = max(len(scene.levels.owners) for scene in scenes)
    slots = [page.Slot("a", page.LANE, gap=0.07), page.Slot("b", page.LANE)]
    slots.append(page.Slot("owners", page.OWNERS * roles / 4, gap=2.2 * page.GAP))
    for index, pair in enumerate(panels):
        entries = max(plotting.legend_rows(panel) for panel in pair)
        following = panels[index + 1][0].group if index + 1 < len(panels) else ""
        slots.append(page.panel_slot(f"panel {index}", entries, following != pair[0].group))
    height, heights = page.lay_out(slots)
    width = page.LEFT + 2 * HALF + BETWEEN + page.RIGHT
    figure = Figure(figsize=(width, height), facecolor=colours.background)
    for half, scene in enumerate(scenes):
        start = page.LEFT + half * (HALF + BETWEEN)
        axes = page.add_rows(figure, slots, heights, page.Column(start, HALF))
        _half(figure, axes, colours, scene, [pair[half] for pair in panels], named=half == 0)
        begin = page.MARGIN if half == 0 else start
        end = start + HALF + BETWEEN - page.MARGIN if half == 0 else width - page.MARGIN
        text.head(
            figure, colours, scene.title, scene.subtitle, begin, end - begin, label=labels[half]
        )
    notes = [
        f"{side}: {note}"
        for side, scene in zip(("left", "right"), scenes, strict=True)
        for note in scene.notes
    ]
    text.foot(figure, colours, (), notes)
    return figure


def _half(
    figure: Figure,
    axes: dict[str, Axes],
    theme: Theme,
    scene: Scene,
    panels: list[Panel],
    *,
    named: bool,
) -> None:
    for track in ("a", "b"):
        lane(axes[track], theme, scene, track, named=named)
    owner_strip(axes["owners"], theme, scene, named=named)
    rows = [axes[f"panel {index}"] for index in range(len(panels))]
    for row, panel in zip(rows, panels, strict=True):
        plotting.panel(row, theme, panel, scene.positions, name=named)
        if not panel.lines:
            row.text(
                0.015, 0.5, "does not move", transform=row.transAxes, ha="left", va="center",
                color=theme.muted, fontsize=text.SMALL,
            )  # fmt: skip
    if named:
        plotting.brackets(figure, theme, panels, rows)
    every = list(axes.values())
    for name, row in axes.items():
        plotting.frame(row, theme, scene.bars, scene.around, shaded=name != "owners")
    plotting.bar_axis(every[-1], theme, scene.bars)
    plotting.swap_line(every, theme, scene.swap_bar)


def _shared(scenes: tuple[Scene, Scene]) -> list[tuple[Panel, Panel]]:
    """Pair the panels of both, with an empty one where a side has none; split faders alike."""
    known: dict[tuple[str, str], Panel] = {}
    for scene in scenes:
        for panel in scene.whole_panels:
            known.setdefault((panel.group, panel.title), panel)

    def of(scene: Scene, panel: Panel) -> Panel:
        same = (p for p in scene.whole_panels if (p.group, p.title) == (panel.group, panel.title))
        return next(same, attrs.evolve(panel, lines=()))

    ordered = sorted(known.values(), key=lambda panel: _order(panel, scenes))
    pairs = [tuple(of(scene, panel) for scene in scenes) for panel in ordered]
    return [(left, right) for pair in pairs for left, right in by_stem(pair)]


def _order(panel: Panel, scenes: tuple[Scene, Scene]) -> tuple[int, int]:
    places = [
        index
        for scene in scenes
        for index, other in enumerate(scene.whole_panels)
        if (other.group, other.title) == (panel.group, panel.title)
    ]
    return GROUPS.index(panel.group), min(places)
