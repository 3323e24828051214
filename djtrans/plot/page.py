"""Where everything stands on the page, in inches."""

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
TOP, BOTTOM = 0.95, 0.9
GAP = 0.11
#: Where words begin, left.
MARGIN = 0.3
WAVE, STRIP = 0.95, 0.2
PANEL, PANEL_MOST, ENTRY = 0.62, 1.55, 0.185


@attrs.frozen
class Slot:
    """One row of the page.

    Attributes
    ----------
    name : str
    height : float
        In inches, at least.
    grows : bool
        Whether it takes what is left of the page.
    """

    name: str
    height: float
    grows: bool = False


def panel_slot(name: str, entries: int) -> Slot:
    """A row for curves, high enough for its legend."""
    return Slot(name, max(PANEL, ENTRY * (entries + 0.4)), grows=True)


def lay_out(slots: Sequence[Slot]) -> tuple[float, list[float]]:
    """Height of the page, and the height of each row.

    The rows that grow share what is left of :data:`HEIGHT`, up to :data:`PANEL_MOST` each; where
    the rows need more than that, the page is higher.
    """
    fixed = TOP + BOTTOM + GAP * (len(slots) - 1)
    spare = HEIGHT - fixed - sum(slot.height for slot in slots)
    growing = [slot for slot in slots if slot.grows]
    share = max(0.0, spare) / max(1, len(growing))
    heights = [
        max(slot.height, min(slot.height + share, PANEL_MOST)) if slot.grows else slot.height
        for slot in slots
    ]
    return fixed + sum(heights), heights


def add_rows(figure: Figure, slots: Sequence[Slot], heights: Sequence[float]) -> dict[str, Axes]:
    """Axes for each row, from the top, on one horizontal axis."""
    page = float(figure.get_size_inches()[1])
    top = page - TOP
    axes: dict[str, Axes] = {}
    first: Axes | None = None
    for slot, height in zip(slots, heights, strict=True):
        box = (LEFT / WIDTH, (top - height) / page, (WIDTH - LEFT - RIGHT) / WIDTH, height / page)
        axes[slot.name] = figure.add_axes(box, sharex=first)
        first = first or axes[slot.name]
        top -= height + GAP
    return axes
