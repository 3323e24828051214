"""Page layout of the plots, in inches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 12.0
HEIGHT = 9.0
LEFT, RIGHT = 1.85, 2.35
TOP, BOTTOM = 0.95, 0.95
GAP = 0.1
#: Left margin of the text.
MARGIN = 0.3
LANE, OWNERS = 1.2, 0.72
PANEL, PANEL_MOST, ENTRY = 0.6, 1.5, 0.185


@attrs.frozen
class Slot:
    """One row of the page.

    Attributes
    ----------
    name : str
    height : float
        Least height in inches.
    grows : bool
        True if it shares the remaining height of the page.
    gap : float
        Space below it, in inches.
    """

    name: str
    height: float
    grows: bool = False
    gap: float = GAP


@attrs.frozen
class Column:
    """Left edge and width of the axes, in inches."""

    left: float = LEFT
    width: float = WIDTH - LEFT - RIGHT


def panel_slot(name: str, entries: int, last_of_group: bool = False) -> Slot:
    """Return a row for curves that is high enough for its legend."""
    height = max(PANEL, ENTRY * (entries + 0.4))
    return Slot(name, height, grows=True, gap=2.2 * GAP if last_of_group else GAP)


def lay_out(slots: Sequence[Slot]) -> tuple[float, list[float]]:
    """Compute the height of the page and of each row.

    Growing rows share the rest of :data:`HEIGHT`, up to :data:`PANEL_MOST` each. The page is higher
    if the rows need more.
    """
    fixed = TOP + BOTTOM + sum(slot.gap for slot in slots[:-1])
    spare = HEIGHT - fixed - sum(slot.height for slot in slots)
    growing = [slot for slot in slots if slot.grows]
    share = max(0.0, spare) / max(1, len(growing))
    heights = [
        max(slot.height, min(slot.height + share, PANEL_MOST)) if slot.grows else slot.height
        for slot in slots
    ]
    return fixed + sum(heights), heights


def add_rows(
    figure: Figure, slots: Sequence[Slot], heights: Sequence[float], column: Column
) -> dict[str, Axes]:
    """Add axes for each row of a column, from the top, with a shared horizontal axis."""
    width, page = (float(inches) for inches in figure.get_size_inches())
    top = page - TOP
    axes: dict[str, Axes] = {}
    first: Axes | None = None
    for slot, height in zip(slots, heights, strict=True):
        box = (column.left / width, (top - height) / page, column.width / width, height / page)
        axes[slot.name] = figure.add_axes(box, sharex=first)
        first = first or axes[slot.name]
        top -= height + slot.gap
    return axes
