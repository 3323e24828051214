"""Format tables as Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: Cell of a missing value.
MISSING = "–"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a table as Markdown, ending in a newline.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        Rows as long as the header; ``|`` in cells is escaped, line breaks become spaces.

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
    """Format a table as CSV; None is an empty field, floats keep every digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def number(value: float | None, digits: int = 3) -> str:
    """Format a number for reading: integers in full, others to `digits` significant digits."""
    if value is None:
        return MISSING
    nearest = round(value)
    # Rounding errors must not turn integers into decimals, nor 0 into -0.
    if abs(value - nearest) < 1e-6:
        return str(nearest)
    whole = len(str(int(abs(value))))
    return f"{value:.{max(0, digits - whole)}f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(c.split()).replace("|", r"\|") for c in cells) + " |"
