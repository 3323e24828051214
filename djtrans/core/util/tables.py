"""Tables as Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: What stands where nothing was measured.
MISSING = "–"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as Markdown, ending in a newline.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequence of str
        Each as long as the header; bars and line breaks in cells are escaped.

    Examples
    --------
    >>> print(markdown_table(["name", "n"], [["cut", "3"]]), end="")
    | name | n |
    |---|---|
    | cut | 3 |
    """
    lines = [_line(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *map(_line, rows)]) + "\n"


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV; None is an empty field, floats keep every digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def number(value: float | None, digits: int = 3) -> str:
    """A number for reading: whole ones as they are, others to `digits` significant digits."""
    if value is None:
        return MISSING
    nearest = round(value)
    # What is whole but for rounding errors is whole, and nothing is minus zero.
    if abs(value - nearest) < 1e-6:
        return str(nearest)
    whole = len(str(int(abs(value))))
    return f"{value:.{max(0, digits - whole)}f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(c.split()).replace("|", r"\|") for c in cells) + " |"
