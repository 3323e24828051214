"""Convert curves to breakpoints, between which they are linear: the form other programs store."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

from djtrans.core.curves.interpolation import (
    EDGE_FRACTION,
    EDGE_LEAD_SECONDS,
    EDGE_SECONDS,
)
from djtrans.core.curves.params import TransitionParams

#: Times in seconds and values.
Breakpoints: TypeAlias = "list[tuple[float, float]]"


def breakpoints(params: TransitionParams, key: str) -> Breakpoints:
    """Compute the breakpoints of a curve, with its late edges.

    Parameters
    ----------
    params : TransitionParams
        Curves without a batch axis.
    key : str
        Key of the curve, such as ``"a/bass/eq/low"``.

    Returns
    -------
    list of (float, float)
        Times in seconds from the start of the window and values in the unit of the parameter. The
        curve is linear between two points, and constant before the first and after the last.
        Points on a line between their neighbours are left out.

    Examples
    --------
    >>> import torch
    >>> from djtrans.core import Layout, Row, Parameter, TransitionParams, breakpoints
    >>> gain = Parameter(name="gain", neutral=1.0, edge="late")
    >>> layout = Layout((Row(0, "a", "drums", "fader", gain, "gain"),))
    >>> times = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
    >>> params = TransitionParams(torch.tensor([[1.0], [1.0], [0.0]]), layout, times, times)
    >>> [(round(t, 3), v) for t, v in breakpoints(params, "a/drums/fader/gain")]
    [(0.0, 1.0), (1.97, 1.0), (1.99, 0.0)]
    """
    parameter = params.layout.rows[params.layout.index(key)].parameter
    times, values = params.frame_times.tolist(), params.row(key).tolist()
    points = [(times[0], values[0])]
    least = EDGE_FRACTION * parameter.span * (1 - 1e-6)
    for (earlier, later), (before, after) in zip(pairwise(times), pairwise(values), strict=True):
        if parameter.edge == "late" and abs(after - before) >= least:
            shrink = min(1.0, (later - earlier) / (EDGE_LEAD_SECONDS + EDGE_SECONDS))
            end = later - shrink * EDGE_LEAD_SECONDS
            points += [(end - shrink * EDGE_SECONDS, before), (end, after)]
        points.append((later, after))
    return _without_collinear(points)


def _without_collinear(points: Breakpoints) -> Breakpoints:
    """Leave out points on the line between their neighbours, and the constant end."""
    kept = points[:1]
    for point, following in pairwise(points[1:]):
        (t0, v0), (t1, v1), (t2, v2) = kept[-1], point, following
        on_line = abs(v0 + (v2 - v0) * (t1 - t0) / (t2 - t0) - v1) <= 1e-7
        if t1 > t0 and not on_line:
            kept.append(point)
    if len(points) > 1 and points[-1][1] != kept[-1][1]:
        kept.append(points[-1])
    return kept
