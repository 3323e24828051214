"""The picture of a transition: both tracks, who plays what, and every curve that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from djtrans.core.transition.params_file import ParamsFile
from djtrans.plot import draw, page, text
from djtrans.plot.lanes import lane
from djtrans.plot.scene import make_scene
from djtrans.plot.strip import owner_strip
from djtrans.plot.theme import theme_named

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_transition(content: ParamsFile, *, theme: str = "light") -> Figure:
    """Draw a transition.

    From the top: each track with its sections, its own phrase lines and its vocals, its waveform in
    the mix on top of the untouched one; who holds bass, kick, vocals and lead; and a panel for each
    parameter that moves, by faders, EQ, filters and sends. Gains are in dB, cutoffs in Hz. Curves
    that are the same on several stems are one line; what never moves is named at the bottom.

    Parameters
    ----------
    content : ParamsFile
        What :func:`djtrans.core.transition.params_file.load_params` reads or
        :meth:`djtrans.Transition.content` gives, for any layout.
    theme : {"light", "dark"}

    Returns
    -------
    matplotlib.figure.Figure
        12 by 9 inches, higher where many curves move. Show it in a notebook, or write it with
        :func:`save_figure`.

    Raises
    ------
    InputError
        If there is no such theme.
    ShapeError
        If the curves hold more than one transition.
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    scene = make_scene(content)
    slots = [page.Slot("a", page.LANE, gap=0.07), page.Slot("b", page.LANE)]
    roles = len(scene.heard.owners)
    slots.append(page.Slot("owners", page.OWNERS * roles / 4, gap=2.2 * page.GAP))
    groups = [panel.group for panel in scene.panels]
    for index, panel in enumerate(scene.panels):
        last = groups[index + 1 : index + 2] != [panel.group]
        slots.append(page.panel_slot(f"panel {index}", draw.legend_rows(panel), last))
    height, heights = page.lay_out(slots)
    figure = Figure(figsize=(page.WIDTH, height), facecolor=colours.background)
    axes = page.add_rows(figure, slots, heights, page.Column())
    for track in ("a", "b"):
        lane(axes[track], colours, scene, track)
    owner_strip(axes["owners"], colours, scene)
    rows = [axes[f"panel {index}"] for index in range(len(scene.panels))]
    for row, panel in zip(rows, scene.panels, strict=True):
        draw.panel(row, colours, panel, scene.positions)
    draw.brackets(figure, colours, scene.panels, rows)
    every = list(axes.values())
    for name, row in axes.items():
        draw.frame(row, colours, scene.bars, scene.around, shaded=name != "owners")
    draw.bar_axis(every[-1], colours, scene.bars)
    draw.swap_line(every, colours, scene.swap_bar)
    text.head(figure, colours, scene.title, scene.subtitle)
    text.foot(figure, colours, scene.still, scene.notes)
    return figure
