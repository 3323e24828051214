"""CSV log of training metrics, one row per step."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from djtrans.core.util.atomic_files import write_text

#: Columns in addition to the step and the terms of the loss.
COLUMNS = ("grad_norm", "lr", "steps_per_second", "validation_loss")


class MetricsLog:
    """Writer of ``metrics.csv`` that appends to the rows of a resumed run.

    Parameters
    ----------
    path : path-like
        CSV file.
    step : int
        Number of steps done; rows of later steps are deleted, since the resumed run repeats them.
    terms : sequence of str
        Columns of the loss and its terms.
    """

    def __init__(self, path: str | os.PathLike[str], step: int, terms: Sequence[str]) -> None:
        file = Path(path)
        columns = ("step", *terms, *COLUMNS)
        lines = [",".join(columns)]
        if step and file.is_file():
            with file.open(newline="") as stream:
                rows = list(csv.reader(stream))[1:]
            lines += [",".join(row) for row in rows if row and int(row[0]) <= step]
        write_text(file, "\n".join(lines) + "\n")
        self._lines = file.open("a", newline="")
        self._writer = csv.DictWriter(self._lines, columns)

    def write(self, row: dict[str, float]) -> None:
        """Append a row; missing columns are empty."""
        self._writer.writerow({k: v if isinstance(v, int) else f"{v:.6g}" for k, v in row.items()})
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
