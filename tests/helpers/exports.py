"""Export the example transition, and evaluate its curves by a plain loop."""

from __future__ import annotations

import itertools
from pathlib import Path

from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.registry import Registry
from djtrans.testing import example_export


def exported(kind: str, folder: Path, settings=None, **options) -> tuple[ExportInputs, Path, list]:
    """Export the example with a built-in exporter: the inputs, the result and the lines."""
    exporters = Registry(discover=False).exporters
    declaration = exporters.find(kind).declaration
    inputs = example_export(folder, declaration.needs, **options)
    path = folder / f"result{declaration.suffix}"
    if not declaration.suffix:
        path.mkdir()
    lines = exporters.build(kind, settings).export(inputs, path)
    return inputs, path, lines


def curve_at(inputs: ExportInputs, key: str, seconds: float) -> float:
    """The value of a curve at a time of the audio, by the rules of docs/parameters.md."""
    params = inputs.params
    row = params.layout.rows[params.layout.index(key)]
    times = [inputs.start_seconds + t for t in params.frame_times.tolist()]
    values = params.row(key).tolist()
    if seconds <= times[0]:
        return values[0]
    for i in range(len(times) - 1):
        if times[i] < seconds <= times[i + 1]:
            jump = values[i + 1] - values[i]
            part = (seconds - times[i]) / (times[i + 1] - times[i])
            span = row.parameter.maximum - row.parameter.minimum
            if row.parameter.edge == "late" and abs(jump) >= 0.5 * span:
                part = min(max((seconds - (times[i + 1] - 0.030)) / 0.020, 0.0), 1.0)
            return values[i] + part * jump
    return values[-1]


def line_at(points: list[tuple[float, float]], seconds: float) -> float:
    """The value of a line through points at a time, constant before and after them."""
    if seconds <= points[0][0]:
        return points[0][1]
    for (t0, v0), (t1, v1) in itertools.pairwise(points):
        if t0 < seconds <= t1:
            return v0 + (seconds - t0) / (t1 - t0) * (v1 - v0)
    return points[-1][1]
