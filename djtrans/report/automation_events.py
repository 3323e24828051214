"""Finds what moves in the curves, and when: the hands on the mixer."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.layout import Row
from djtrans.core.curves.params import TransitionParams

#: Parts of a parameter's range: a movement of less than the first is not worth telling, curves
#: nearer than the second are one, and a frame that moves the third is a jump.
SMALL, SAME, JUMP = 0.06, 0.01, 0.5
#: Part of the mean speed of a movement below which it pauses.
STILL = 0.02

FloatArray = NDArray[np.float64]


@attrs.frozen
class Movement:
    """One parameter on its way from one value to another, on one or several stems at once.

    Attributes
    ----------
    row : Row
        The parameter, on the first of the stems.
    stems : tuple of str
        The stems it moves on; empty for all of them, or where there are none.
    start_beat, stop_beat : float
        Beats of the window; the value holds before and after.
    start, stop : float
        Values, in the parameter's unit.
    """

    row: Row
    stems: tuple[str, ...]
    start_beat: float
    stop_beat: float
    start: float
    stop: float

    @property
    def is_step(self) -> bool:
        """Whether it happens at once: within a beat."""
        return self.stop_beat - self.start_beat <= 1.0

    @property
    def told_at(self) -> float:
        """The beat to tell it at: where a step is done, where anything longer begins."""
        return self.stop_beat if self.is_step else self.start_beat


def find_automation_events(params: TransitionParams) -> tuple[Movement, ...]:
    """All movements in the order of their beats, then of the layout.

    Parameters
    ----------
    params : TransitionParams
        One transition, ``values [frames, parameters]``.
    """
    values = params.values.detach().cpu().double().numpy()
    groups: dict[tuple[str, bool, str, str], list[Row]] = {}
    for row in params.layout.rows:
        on_bus = row.stem in (TRACK_BUS, MASTER_BUS)
        groups.setdefault((row.track, on_bus, row.node, row.parameter.name), []).append(row)
    found = []
    for (_, on_bus, _, _), rows in groups.items():
        for alike in group_alike(rows, values, SAME):
            stems = () if on_bus or len(alike) == len(rows) else tuple(row.stem for row in alike)
            curve = values[:, alike[0].index]
            for first, last in _runs(curve, alike[0].parameter.span, params.frames_per_beat):
                found.append(
                    Movement(
                        alike[0],
                        stems,
                        first / params.frames_per_beat,
                        last / params.frames_per_beat,
                        float(curve[first]),
                        float(curve[last]),
                    )
                )
    return tuple(sorted(found, key=lambda m: (m.told_at, m.row.index)))


def group_alike(rows: list[Row], values: FloatArray, tolerance: float) -> list[list[Row]]:
    """Rows whose curves lie within a tolerance (a fraction of the range), together."""
    found: list[list[Row]] = []
    for row in rows:
        for same in found:
            apart = np.abs(values[:, same[0].index] - values[:, row.index]).max()
            if apart <= tolerance * row.parameter.span:
                same.append(row)
                break
        else:
            found.append([row])
    return found


def _runs(curve: FloatArray, span: float, frames_per_beat: float) -> list[tuple[int, int]]:
    """First and last frame of each movement: one direction, with pauses of a beat at most."""
    unit = curve / span
    runs: list[tuple[int, int]] = []
    for first, last in pairwise(_turns(unit)):
        steps = np.abs(np.diff(unit[first : last + 1]))
        # What moves at a fraction of the mean speed of the way is a pause in it.
        moving = first + np.flatnonzero(steps > STILL * steps.sum() / len(steps))
        parts: list[list[int]] = []
        for frame in moving.tolist():
            jumps = abs(unit[frame + 1] - unit[frame]) >= JUMP
            after_jump = parts and abs(unit[parts[-1][1]] - unit[parts[-1][1] - 1]) >= JUMP
            paused = parts and frame - parts[-1][1] > frames_per_beat
            # A jump is told by itself, also where a slow movement leads up to it.
            if not parts or paused or jumps or after_jump:
                parts.append([frame, frame + 1])
            else:
                parts[-1][1] = frame + 1
        runs.extend((a, b) for a, b in parts if abs(unit[b] - unit[a]) >= SMALL)
    return runs


def _turns(unit: FloatArray) -> list[int]:
    """Frames where a curve turns by :data:`SMALL` or more, its ends included."""
    turns = [0]
    low = high = 0
    way = 0
    for frame, value in enumerate(unit):
        low = frame if value < unit[low] else low
        high = frame if value >= unit[high] else high
        if way >= 0 and unit[high] - value >= SMALL:
            turns.extend([high] if high > turns[-1] else [])
            way, low = -1, frame
        elif way <= 0 and value - unit[low] >= SMALL:
            turns.extend([low] if low > turns[-1] else [])
            way, high = 1, frame
        if (way < 0 and value <= unit[low]) or (way > 0 and value >= unit[high]):
            low = high = frame
    return [*turns, len(unit) - 1] if turns[-1] < len(unit) - 1 else turns
