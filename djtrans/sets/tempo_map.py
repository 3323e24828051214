"""Tempo of a track between two transitions: from the tempo of one to that of the next."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.audio.time_stretch import is_unity
from djtrans.core.errors import PlanError
from djtrans.core.transition.plan import Warp

#: Shortest time over which the tempo changes, in seconds.
_LEAST_EASE_SECONDS = 0.05
#: Rates this close to each other are one: over an overlap they differ by less than two samples.
_SAME_RATE = 1e-4


@attrs.frozen
class TempoMap:
    """Time map of the part of a track between two boundaries.

    Attributes
    ----------
    points : tuple of (float, float)
        Points (seconds from the start of the part, track seconds), linear between them.
    samples : int
        Length of the part.
    """

    points: Warp
    samples: int


def tempo_map(
    start: float,
    stop: float,
    rates: tuple[float, float],
    *,
    overlaps: tuple[int, int],
    ease_seconds: float,
    bar_seconds: float,
    sample_rate: int,
) -> TempoMap:
    """Ease the tempo of a track from one rate to another, bar by bar, and hold the other one.

    Parameters
    ----------
    start, stop : float
        Track seconds at both ends of the part.
    rates : tuple of float
        Rates (track seconds per second) at both ends.
    overlaps : tuple of int
        Samples at either end at which the rate is that of the end.
    ease_seconds : float
        Length of the change, in seconds of the track; less if the part is shorter.
    bar_seconds : float
        Length of a bar of the track.
    sample_rate : int
        In Hz.

    Returns
    -------
    TempoMap
        At rate 1, whole samples of the track lie on whole samples of the part.

    Raises
    ------
    PlanError
        If the part is shorter than its overlaps.

    Examples
    --------
    >>> eased = tempo_map(
    ...     0.0, 100.0, (1.04, 1.0), overlaps=(0, 0), ease_seconds=20.0, bar_seconds=2.0,
    ...     sample_rate=1000,
    ... )
    >>> 98000 < eased.samples < 100000
    True
    """
    rate_in, rate_out = rates
    hold_in, hold_out = (samples / sample_rate for samples in overlaps)
    eased_from = start + hold_in * rate_in
    room = stop - hold_out * rate_out - eased_from
    if abs(rate_in / rate_out - 1.0) < _SAME_RATE:
        samples = round((stop - start) / rate_out * sample_rate)
        if samples <= 0:
            raise PlanError("two boundaries leave nothing of a track between them")
        seconds = samples / sample_rate
        return TempoMap(((0.0, stop - seconds * rate_out), (seconds, stop)), samples)
    if room < _LEAST_EASE_SECONDS:
        raise PlanError("two boundaries leave no time between them to change the tempo")
    eased_to = eased_from + min(ease_seconds, room)
    if is_unity(rate_out):
        # Whole samples from here on, so that the track is copied.
        eased_to = stop - np.ceil((stop - eased_to) * sample_rate - 1e-6) / sample_rate
    count = max(1, round((eased_to - eased_from) / bar_seconds))
    part = (np.arange(count) + 0.5) / count
    steps = (eased_to - eased_from) / count / (rate_in ** (1.0 - part) * rate_out**part)
    held = (stop - eased_to) / rate_out
    samples = round((hold_in + float(steps.sum()) + held) * sample_rate)
    # The rounding to whole samples is spread over the change.
    steps *= (samples / sample_rate - held - hold_in) / steps.sum()
    clock = hold_in + np.concatenate([[0.0], np.cumsum(steps)])
    track = np.linspace(eased_from, eased_to, count + 1)
    points = list(zip(clock.tolist(), track.tolist(), strict=True))
    if hold_in:
        points.insert(0, (0.0, start))
    if held > 1.0 / sample_rate:
        points.append((samples / sample_rate, stop))
    return TempoMap(tuple(points), samples)
