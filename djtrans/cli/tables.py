"""Format tables for standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Width of output that is no terminal, so that each row stays on one line.
_UNLIMITED = 100_000


def table_lines(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> list[str]:
    """Format a table as lines, columns two spaces apart.

    On a narrow terminal the first and the last column are folded; elsewhere each row
    is one line of plain text, for ``grep`` and ``awk``.

    Parameters
    ----------
    rows : iterable of sequence of str
        Cells of each row; all rows have the same length.
    header : sequence of str, optional
        Column titles, printed in bold.
    """
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        show_header=bool(header),
        header_style="bold",
    )
    rows, console = list(rows), Console()
    if not rows:
        return []
    if not console.is_terminal:
        console.width = _UNLIMITED
    for column, title in enumerate(header or [""] * len(rows[0])):
        inner = 0 < column < len(rows[0]) - 1
        table.add_column(Text(title), no_wrap=inner, overflow="fold")
    for cells in rows:
        table.add_row(*map(Text, cells))
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]
