"""Both singers: clashes and cut lines, or why they cannot be measured."""

from __future__ import annotations

import attrs

from djtrans.core.metrics.inputs import MetricInputs
from djtrans.core.metrics.vocal_clash import vocal_clash
from djtrans.core.metrics.vocal_cuts import vocal_cuts
from djtrans.core.metrics.voice_activity import track_loudness, voice_activity


@attrs.frozen
class Vocals:
    """What was heard of the voices.

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
    level_a, level_b = track_loudness(i.solo_a, rate), track_loudness(i.solo_b, rate)
    a = voice_activity(v.a, level_a, rate, beats)
    b = voice_activity(v.b, level_b, rate, beats)
    apart = max(level_a, -70.0) - max(level_b, -70.0)
    cuts_a = vocal_cuts(v.a, v.solo_a, level_a, rate)
    cuts_b = vocal_cuts(v.b, v.solo_b, level_b, rate)
    first, last = float(beats[0]), float(beats[-1])
    cuts_a, cuts_b = (
        tuple(t for t in cuts if first - 0.1 <= t <= last + 0.1) for cuts in (cuts_a, cuts_b)
    )
    return Vocals(
        active_a=tuple(map(bool, a.active)),
        active_b=tuple(map(bool, b.active)),
        clash_beats=vocal_clash(a, b, apart, i.beats_per_bar).beats,
        cuts_a=cuts_a,
        cuts_b=cuts_b,
        line_cuts=len(cuts_a) + len(cuts_b),
    )
