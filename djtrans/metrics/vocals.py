"""Both singers: clashes and cut lines, or why they cannot be measured."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.audio.arrays import cut
from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.metrics.loudness import gated_loudness_of_power
from djtrans.metrics.shared_results import solo_powers
from djtrans.metrics.vocal_clash import vocal_clash
from djtrans.metrics.vocal_cuts import vocal_cuts
from djtrans.metrics.voice_activity import voice_activity

#: Lines are looked for this far beyond the window: what a step on its edge cuts.
MARGIN_SECONDS = 0.4


@attrs.frozen
class Vocals:
    """Measurements of the vocals.

    Attributes
    ----------
    active_a, active_b : tuple of bool
        Per beat: whether the rendered voice sings.
    clash_beats : int or None
        Beats with two singers; None if not measurable.
    cuts_a, cuts_b : tuple of float
        Seconds from the first sample at which a line is cut.
    line_cuts : int or None
        Number of lines cut.
    reason : str
        Why nothing could be measured; empty if it was.
    """

    active_a: tuple[bool, ...] = ()
    active_b: tuple[bool, ...] = ()
    clash_beats: int | None = None
    cuts_a: tuple[float, ...] = ()
    cuts_b: tuple[float, ...] = ()
    line_cuts: int | None = None
    reason: str = ""


def vocals(inputs: MetricInputs) -> Vocals:
    """Measure the voices of a transition.

    Parameters
    ----------
    inputs : MetricInputs
        With :class:`Voices`; without, nothing is measurable.

    Returns
    -------
    Vocals
    """
    i, v = inputs, inputs.voices
    if v.a is None or v.b is None or v.solo_a is None or v.solo_b is None:
        return Vocals(reason=v.reason)
    rate, beats = i.sample_rate, i.beat_times
    level_a, level_b = (
        gated_loudness_of_power(cut(power[np.newaxis], rate, beats, 0.0)[0][0], rate)
        for power in i.shared(solo_powers)
    )
    a = voice_activity(v.a, level_a, rate, beats)
    b = voice_activity(v.b, level_b, rate, beats)
    first = max(0.0, float(beats[0]) - MARGIN_SECONDS)
    cuts_a, cuts_b = (
        tuple(
            first + time
            for time in vocal_cuts(
                cut(voice, rate, beats, MARGIN_SECONDS)[0],
                cut(solo, rate, beats, MARGIN_SECONDS)[0],
                level,
                rate,
            )
        )
        for voice, solo, level in ((v.a, v.solo_a, level_a), (v.b, v.solo_b, level_b))
    )
    return Vocals(
        active_a=tuple(map(bool, a.active)),
        active_b=tuple(map(bool, b.active)),
        clash_beats=vocal_clash(a, b, level_a - level_b, i.beats_per_bar).beats,
        cuts_a=cuts_a,
        cuts_b=cuts_b,
        line_cuts=len(cuts_a) + len(cuts_b),
    )
