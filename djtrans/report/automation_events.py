"""Find automation events: which parameters move, when, and from what value to what."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.layout import Row
from djtrans.core.curves.params import TransitionParams

#: Fractions of a parameter's range: smaller movements than the first are ignored, curves nearer
#: than the second count as equal, and a change of the third within a frame is a jump.
SMALL, SAME, JUMP = 0.06, 0.01, 0.5
#: Fraction of the mean speed of a movement below which it pauses.
STILL = 0.02

FloatArray = NDArray[np.float64]


@attrs.frozen
class AutomationEvent:
    """Movement of a parameter from one value to another, on one or several stems at once.

    Attributes
    ----------
    row : Row
        The parameter, on the first of the stems.
    stems : tuple of str
        The stems it moves on; empty for all of them, or on a bus.
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
        """True if it takes a beat or less."""
        return self.stop_beat - self.start_beat <= 1.0

    @property
    def event_beat(self) -> float:
        """Beat of the event: the end of a step, the start of a longer movement."""
        return self.stop_beat if self.is_step else self.start_beat


def find_automation_events(params: TransitionParams) -> tuple[AutomationEvent, ...]:
    """Find the movements of all parameters, ordered by beat, then as in the layout.

    Parameters
    ----------
    params : TransitionParams
        One transition, ``values [frames, parameters]``.

    Returns
    -------
    tuple of AutomationEvent

    See Also
    --------
    djtrans.report.describe_transition : Describes the events in sentences.

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.pipeline import generate_params
    >>> from djtrans.report import find_automation_events
    >>> request = djtrans.CurveRequest(djtrans.mixer_layout(), n_frames=64, swap_beat=16)
    >>> beats = torch.arange(33).double() * 0.5
    >>> params = generate_params(djtrans.load_technique("cut"), request, beats)
    >>> [(event.row.track, event.start, event.stop) for event in find_automation_events(params)]
    [('a', 1.0, 0.0), ('b', 0.0, 1.0)]
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
                    AutomationEvent(
                        alike[0],
                        stems,
                        first / params.frames_per_beat,
                        last / params.frames_per_beat,
                        float(curve[first]),
                        float(curve[last]),
                    )
                )
    return tuple(sorted(found, key=lambda m: (m.event_beat, m.row.index)))


def group_alike(rows: list[Row], values: FloatArray, tolerance: float) -> list[list[Row]]:
    """Group rows whose curves differ by at most a tolerance (a fraction of the range)."""
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
    """Find first and last frame of each movement in one direction, with pauses up to a beat."""
    unit = curve / span
    runs: list[tuple[int, int]] = []
    for first, last in pairwise(_turns(unit)):
        steps = np.abs(np.diff(unit[first : last + 1]))
        # Frames at a small fraction of the mean speed are pauses.
        moving = first + np.flatnonzero(steps > STILL * steps.sum() / len(steps))
        parts: list[list[int]] = []
        for frame in moving.tolist():
            jumps = abs(unit[frame + 1] - unit[frame]) >= JUMP
            after_jump = parts and abs(unit[parts[-1][1]] - unit[parts[-1][1] - 1]) >= JUMP
            paused = parts and frame - parts[-1][1] > frames_per_beat
            # A jump is an event of its own, also where a slow movement leads up to it.
            if not parts or paused or jumps or after_jump:
                parts.append([frame, frame + 1])
            else:
                parts[-1][1] = frame + 1
        runs.extend((a, b) for a, b in parts if abs(unit[b] - unit[a]) >= SMALL)
    return runs


def _turns(unit: FloatArray) -> list[int]:
    """Return the frames where a curve turns by :data:`SMALL` or more, its ends included."""
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
