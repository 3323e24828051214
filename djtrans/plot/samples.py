"""Plot sampled curves over those of the rules, for several transitions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.layout import Layout, Row
from djtrans.plot import plotting, text
from djtrans.plot.panels import GROUPS, SAME, group_of
from djtrans.plot.scales import read, scale_of
from djtrans.plot.style import styled
from djtrans.plot.theme import Theme, theme_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Width of a transition, height of a row, margins left, right, above and below, and the spaces
#: between them, in inches.
_WIDTH, _HEIGHT = 4.2, 0.85
_LEFT, _RIGHT, _TOP, _BOTTOM = 1.85, 0.3, 1.15, 0.75
_BETWEEN, _GAP = 0.75, 0.12


@attrs.frozen(eq=False)
class SampledTransition:
    """Curves of a model and of the rules for one transition.

    Attributes
    ----------
    title : str
        Name of the transition.
    bars, swap_bar : float
        Length of the window and position of the swap, in bars.
    sampled, rules : ndarray
        ``[frames, parameters]`` in the units of the parameters.
    """

    title: str
    bars: float
    swap_bar: float
    sampled: NDArray[np.float64]
    rules: NDArray[np.float64]


@styled
def plot_samples(
    transitions: Sequence[SampledTransition], layout: Layout, title: str = "", theme: str = "light"
) -> Figure:
    """Plot sampled curves as lines over the wide, pale curves of the rules.

    A column for each transition, and a row for each parameter that moves in any of them. Colours
    distinguish the tracks, line styles the stems.

    Parameters
    ----------
    transitions : sequence of SampledTransition
        At least one.
    layout : Layout
        Parameters of the curves.
    title : str
        Title of the page.
    theme : {"light", "dark"}
        Colours.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import djtrans
    >>> import numpy as np
    >>> from djtrans.plot.samples import SampledTransition, plot_samples
    >>> layout = djtrans.mixer_layout("dj54")
    >>> curves = np.tile(layout.neutral, (32, 1))
    >>> curves[:, 0] = np.linspace(1.0, 0.0, 32)
    >>> case = SampledTransition("fade", 4, 2, sampled=curves, rules=curves)
    >>> len(plot_samples([case], layout).axes)
    1
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    rows = _moving(transitions, layout)
    count = len(transitions)
    width = _LEFT + count * _WIDTH + (count - 1) * _BETWEEN + _RIGHT
    height = _TOP + len(rows) * (_HEIGHT + _GAP) - _GAP + _BOTTOM
    figure = Figure(figsize=(width, height), facecolor=colours.background)
    subtitle = "thin: sampled, wide: rules; blue: A, orange: B; line styles: "
    subtitle += ", ".join(dict.fromkeys(row.stem for group in rows for row in group))
    text.head(figure, colours, title, subtitle)
    for column, case in enumerate(transitions):
        left = _LEFT + column * (_WIDTH + _BETWEEN)
        axes = []
        for index, group in enumerate(rows):
            bottom = height - _TOP - index * (_HEIGHT + _GAP) - _HEIGHT
            box = left / width, bottom / height, _WIDTH / width, _HEIGHT / height
            axes.append(figure.add_axes(box))
            _curves(axes[-1], colours, case, group, named=column == 0)
            plotting.frame(axes[-1], colours, case.bars, 0.0, shaded=False)
            axes[-1].axvline(
                case.swap_bar, color=colours.swap, linewidth=1.0, linestyle=(0, (4, 3))
            )
        if axes:
            plotting.bar_axis(axes[-1], colours, case.bars)
        figure.text(
            left / width, 1.0 - 0.92 / height, case.title, color=colours.text,
            fontsize=text.NORMAL, fontweight="bold", va="center",
        )  # fmt: skip
    return figure


def _moving(transitions: Sequence[SampledTransition], layout: Layout) -> list[list[Row]]:
    """Group the rows of the layout by parameter, without those that never move."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in layout.rows:
        moves = any(
            np.ptp(values[:, row.index]) > SAME * row.parameter.span
            for case in transitions
            for values in (case.sampled, case.rules)
        )
        if moves:
            bus = row.stem if row.stem in (TRACK_BUS, MASTER_BUS) else "stem"
            groups.setdefault((bus, row.node, row.parameter.name), []).append(row)
    return sorted(groups.values(), key=lambda rows: GROUPS.index(group_of(rows[0], layout)))


def _curves(
    axes: Axes, theme: Theme, case: SampledTransition, rows: Sequence[Row], *, named: bool
) -> None:
    scale = scale_of(rows[0].parameter)
    if scale.logarithmic:
        axes.set_yscale("log")
        axes.minorticks_off()
    axes.set_ylim(*scale.limits)
    axes.set_yticks([value for value, _ in scale.ticks], [mark for _, mark in scale.ticks])
    stems = list(dict.fromkeys(row.stem for row in rows))
    positions = np.linspace(0.0, case.bars, len(case.rules), endpoint=False)
    # Several stems often have one curve; pale lines on top of each other would become dark.
    distinct = {(row.track, case.rules[:, row.index].tobytes()): row for row in reversed(rows)}
    for row in distinct.values():
        _line(axes, theme, positions, row, case.rules, linewidth=4.0, alpha=0.3)
    for row in rows:
        dashes = plotting.DASHES[stems.index(row.stem) % len(plotting.DASHES)]
        _line(axes, theme, positions, row, case.sampled, linewidth=1.2, linestyle=dashes)
    if named:
        text.name_row(
            axes,
            theme.text,
            rows[0].alias.replace("_", " "),
            below=scale.unit,
            below_colour=theme.muted,
        )


def _line(
    axes: Axes,
    theme: Theme,
    positions: NDArray[np.float64],
    row: Row,
    values: NDArray[np.float64],
    **options: Any,
) -> None:
    shown = read(row.parameter, values[:, row.index])
    axes.plot(positions, shown, color=theme.tracks[row.track], **options)
