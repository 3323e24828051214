"""Text of the plots: names left of a row, notes right of it, title and footer."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from djtrans.plot.fonts import verbatim
from djtrans.plot.page import LEFT, MARGIN, WIDTH
from djtrans.plot.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

SMALL, NORMAL, LARGE = 8.5, 9.5, 14.0
#: Characters to which a name is not shortened further.
_SHORTEST = 6
#: Distance of notes from the right edge of a row, in inches.
BESIDE = 0.14


def inches(axes: Axes) -> tuple[float, float]:
    """Return the width and height of axes in inches."""
    box = axes.get_position()
    width, height = axes.get_figure().get_size_inches()  # type: ignore[union-attr]
    return float(box.width * width), float(box.height * height)


def name_row(
    axes: Axes,
    colour: str,
    text: str,
    *,
    size: float = NORMAL,
    below: str = "",
    below_colour: str = "",
    y: float = 0.5,
    indent: float = 0.0,
) -> None:
    """Write the name of a row in the left margin, its unit below; `indent` in inches."""
    width, _ = inches(axes)
    x = (MARGIN + indent - LEFT) / width
    axes.text(
        x, y, verbatim(text), transform=axes.transAxes, color=colour, ha="left",
        va="bottom" if below else "center", fontsize=size, fontweight="bold",
    )  # fmt: skip
    if below:
        axes.text(
            x, y - 0.04, verbatim(below), transform=axes.transAxes, color=below_colour, ha="left",
            va="top", fontsize=SMALL,
        )  # fmt: skip


def beside(
    axes: Axes, y: float, text: str, colour: str, *, distance: float = BESIDE, bold: bool = False
) -> Text:
    """Write text right of a row, `distance` inches from its edge."""
    width, _ = inches(axes)
    return axes.text(
        1.0 + distance / width, y, verbatim(text), transform=axes.transAxes, color=colour,
        ha="left", va="center", fontsize=SMALL, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def shortened(text: str, most: int) -> str:
    """Shorten a text in its middle, which preserves the extension of a file name."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"


def fit(
    text: Text,
    parts: Sequence[str],
    most_inches: float,
    join: Callable[[Sequence[str]], str] = "".join,
) -> None:
    """Set a text to parts of which the longest are shortened, in their middle, until it fits."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = cast("Figure", text.figure)
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    shown = list(parts)
    text.set_text(verbatim(join(shown)))
    while text.get_window_extent(renderer).width > most_inches * figure.dpi:
        longest = max(range(len(shown)), key=lambda index: len(shown[index]))
        if len(shown[longest]) <= _SHORTEST:
            break
        shown[longest] = shortened(parts[longest], len(shown[longest]) - 1)
        text.set_text(verbatim(join(shown)))


def head(
    figure: Figure,
    theme: Theme,
    title: str | Sequence[str],
    subtitle: str,
    left: float = MARGIN,
    most_inches: float = WIDTH - 2 * MARGIN,
    *,
    label: str = "",
) -> None:
    """Write title and subtitle; a title of two names joins them by an arrow, after a label."""
    width, height = figure.get_size_inches()
    names = [title] if isinstance(title, str) else list(title)
    for parts, top, size, colour in (
        (names, 0.2, LARGE, theme.text),
        ([subtitle], 0.5, NORMAL, theme.muted),
    ):
        text = figure.text(
            left / width, 1 - top / height, "", color=colour, fontsize=size,
            fontweight="bold" if size == LARGE else "normal", va="top",
        )  # fmt: skip
        if size == LARGE and label:
            fit(text, [label, *parts], most_inches, lambda p: f"{p[0]}: {'  →  '.join(p[1:])}")
        else:
            fit(text, parts, most_inches, "  →  ".join)


def foot(figure: Figure, theme: Theme, still: Sequence[str], notes: Sequence[str]) -> None:
    """Write the notes, and the parameters that never move, below the plot."""
    width, height = figure.get_size_inches()
    lines = []
    if notes:
        lines.append("note: " + "; ".join(notes))
    if still:
        text = "unchanged: " + ", ".join(still)
        lines.append(textwrap.fill(text, round(13.7 * width), max_lines=2, placeholder=" …"))
    figure.text(
        MARGIN / width, 0.12 / height, verbatim("\n".join(lines)), fontsize=SMALL,
        color=theme.muted, va="bottom", linespacing=1.3,
    )  # fmt: skip
