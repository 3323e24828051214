"""Export the example transition, and evaluate its curves by a plain loop."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable
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


def curve_of(inputs: ExportInputs, key: str) -> Callable[[float], float]:
    """A curve as a function of the time of the audio, by the rules of docs/parameters.md."""
    params = inputs.params
    parameter = params.layout.rows[params.layout.index(key)].parameter
    times = [inputs.start_seconds + t for t in params.frame_times.tolist()]
    values = params.row(key).tolist()

    def value(seconds: float) -> float:
        after = bisect.bisect_left(times, seconds)
        if after in (0, len(times)):
            return values[0 if after == 0 else -1]
        jump = values[after] - values[after - 1]
        part = (seconds - times[after - 1]) / (times[after] - times[after - 1])
        span = parameter.maximum - parameter.minimum
        if parameter.edge == "late" and abs(jump) >= 0.5 * span:
            part = min(max((seconds - (times[after] - 0.030)) / 0.020, 0.0), 1.0)
        return values[after - 1] + part * jump

    return value


def line_at(points: list[tuple[float, float]], seconds: float) -> float:
    """The value of a line through points at a time, constant before and after them."""
    if seconds <= points[0][0]:
        return points[0][1]
    for (t0, v0), (t1, v1) in itertools.pairwise(points):
        if t0 < seconds <= t1:
            return v0 + (seconds - t0) / (t1 - t0) * (v1 - v0)
    return points[-1][1]
