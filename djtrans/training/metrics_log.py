"""CSV logs of a training run: metrics of each step, and results of each validation."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from djtrans.core.util.atomic_files import write_text

#: Columns of ``metrics.csv`` in addition to the step and the terms of the loss.
COLUMNS = ("grad_norm", "lr", "steps_per_second", "data_share", "validation_loss")
#: Columns of ``validation.csv``, which has a row for each result.
VALIDATION_COLUMNS = ("step", "name", "value")


class MetricsLog:
    """Writer of a CSV file that appends to the rows of a resumed run.

    Parameters
    ----------
    path : path-like
        CSV file.
    step : int
        Number of steps done; rows of later steps are deleted, since the resumed run repeats them.
    columns : sequence of str
        Names of the columns, ``"step"`` first.
    """

    def __init__(self, path: str | os.PathLike[str], step: int, columns: Sequence[str]) -> None:
        file = Path(path)
        lines = [",".join(columns)]
        if step and file.is_file():
            with file.open(newline="") as stream:
                head, *rows = list(csv.reader(stream)) or [list(columns)]
            # The log of an earlier version may lack columns.
            named = [dict(zip(head, row, strict=False)) for row in rows if row]
            lines += [
                ",".join(row.get(column, "") for column in columns)
                for row in named
                if int(row["step"]) <= step
            ]
        write_text(file, "\n".join(lines) + "\n")
        self._lines = file.open("a", newline="")
        self._writer = csv.DictWriter(self._lines, columns)

    def write(self, row: Mapping[str, float | str]) -> None:
        """Append a row; missing columns are empty."""
        self._writer.writerow(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
        )
        self._lines.flush()

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lines.close()
