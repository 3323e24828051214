"""Curves as a CSV table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.curves_csv import write_curves_csv
from djtrans.core.transition.export_inputs import ExportInputs


class CurveTable:
    """Writes a row for each frame and a column for each curve.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the table; see :class:`Exporter`."""
        write_curves_csv(path, inputs.params)
        return []
