"""Plot a transition: both tracks, ownership, and every curve that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from djtrans.core.transition.params_file import ParamsFile
from djtrans.plot import page, plotting, text
from djtrans.plot.lanes import lane
from djtrans.plot.ownership_strip import owner_strip
from djtrans.plot.scene import make_scene
from djtrans.plot.style import styled
from djtrans.plot.theme import theme_named

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def plot_transition(content: ParamsFile, *, theme: str = "light") -> Figure:
    """Plot a transition.

    From the top: each track with its sections, phrase boundaries and vocals, and its waveform in
    the mix on top of the unprocessed one; the ownership of bass, kick, vocals and lead; and a panel
    for each parameter that moves, by faders, EQ, filters and sends. Gains are in dB, cutoffs in Hz.
    Equal curves of several stems are one line; parameters that never move are listed at the bottom.

    Parameters
    ----------
    content : ParamsFile
        From :func:`djtrans.core.transition.params_file.load_params` or
        :meth:`djtrans.Transition.content`, for any layout.
    theme : {"light", "dark"}
        Colours.

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

    See Also
    --------
    djtrans.plot.plot_comparison : Plots two transitions side by side.
    djtrans.plot.plot_timeline : Plots the levels of the stems.

    Examples
    --------
    >>> from djtrans.core.transition.params_file import load_params
    >>> from djtrans.plot import plot_transition, save_figure
    >>> figure = plot_transition(load_params("out.json"))  # doctest: +SKIP
    >>> save_figure(figure, "out.png")  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    scene = make_scene(content)
    slots = [page.Slot("a", page.LANE, gap=0.07), page.Slot("b", page.LANE)]
    roles = len(scene.levels.owners)
    slots.append(page.Slot("owners", page.OWNERS * roles / 4, gap=2.2 * page.GAP))
    groups = [panel.group for panel in scene.panels]
    for index, panel in enumerate(scene.panels):
        last = groups[index + 1 : index + 2] != [panel.group]
        slots.append(page.panel_slot(f"panel {index}", plotting.legend_rows(panel), last))
    height, heights = page.lay_out(slots)
    figure = Figure(figsize=(page.WIDTH, height), facecolor=colours.background)
    axes = page.add_rows(figure, slots, heights, page.Column())
    for track in ("a", "b"):
        lane(axes[track], colours, scene, track)
    owner_strip(axes["owners"], colours, scene)
    rows = [axes[f"panel {index}"] for index in range(len(scene.panels))]
    for row, panel in zip(rows, scene.panels, strict=True):
        plotting.panel(row, colours, panel, scene.positions)
    plotting.brackets(figure, colours, scene.panels, rows)
    every = list(axes.values())
    for name, row in axes.items():
        plotting.frame(row, colours, scene.bars, scene.around, shaded=name != "owners")
    plotting.bar_axis(every[-1], colours, scene.bars)
    plotting.swap_line(every, colours, scene.swap_bar)
    text.head(figure, colours, scene.title, scene.subtitle)
    text.foot(figure, colours, scene.still, scene.notes)
    return figure
