"""Level of the music that follows the swap, and music that is not played."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.metrics.loudness import ABSOLUTE_GATE_LUFS, to_lufs
from djtrans.metrics.shared_results import mix_power, solo_powers

#: Bars that are compared before and after the swap, and the least number of them.
BARS, LEAST_BARS = 8, 2


@attrs.frozen
class Placement:
    """Music around the swap, and music that is left out.

    Attributes
    ----------
    arrival_drop_lu : float or None
        Loudness on up to 8 bars before the swap, of the mix or of A itself, whichever is louder,
        less that of the mix on as many bars after it; 0 if it rises. A mix that falls below A
        before the swap is no standard: a dip would hide a drop.
    unplayed_a_seconds, skipped_b_seconds : float or None
        Music of A after the window, and of B before it.
    reason : str
        Why the loudness was not compared; empty if it was.
    """

    arrival_drop_lu: float | None = None
    unplayed_a_seconds: float | None = None
    skipped_b_seconds: float | None = None
    reason: str = ""


def placement(inputs: MetricInputs) -> Placement:
    """Compare the loudness before and after the swap, and measure the music that is left out."""
    beats, a, b = inputs.beat_times, inputs.track_a.music, inputs.track_b.music
    drop, reason = _arrival_drop(inputs)
    return Placement(
        arrival_drop_lu=drop,
        unplayed_a_seconds=None if a is None else max(0.0, a[1] - float(beats[-1])),
        skipped_b_seconds=None if b is None else max(0.0, float(beats[0]) - b[0]),
        reason=reason,
    )


def _arrival_drop(inputs: MetricInputs) -> tuple[float | None, str]:
    if inputs.swap_beat is None:
        return None, "the swap is not known"
    rate, beats = inputs.sample_rate, inputs.beat_times
    bar = inputs.beats_per_bar * float(np.diff(beats).mean())
    swap = float(beats[inputs.swap_beat])
    power, power_a = inputs.shared(mix_power), inputs.shared(solo_powers)[0]
    seconds = len(power) / rate
    if min(swap, seconds - swap) < LEAST_BARS * bar:
        return None, f"less than {LEAST_BARS} bars before or after the swap are rendered"
    reach = min(BARS * bar, swap, seconds - swap)
    start, middle, stop = (round(max(0.0, t) * rate) for t in (swap - reach, swap, swap + reach))
    own, before, after = (
        max(ABSOLUTE_GATE_LUFS, float(to_lufs(part.mean())))
        for part in (power_a[start:middle], power[start:middle], power[middle:stop])
    )
    return max(own, before, after) - after, ""
