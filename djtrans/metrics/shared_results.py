"""Detailed results of the built-in metrics, as functions of the inputs.

Pass them to :meth:`MetricInputs.shared`: values, gates and other metrics then share one result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.metrics.audible import both_audible
from djtrans.metrics.bass_overlap import BassOverlap, bass_overlap_of_levels, beat_levels_db
from djtrans.metrics.beat_offset import BeatOffset, beat_offset
from djtrans.metrics.clicks import clicks
from djtrans.metrics.consonance import chroma_consonance
from djtrans.metrics.curve_motion import CurveMotion, curve_motion
from djtrans.metrics.dead_air import dead_air_of_power
from djtrans.metrics.ends import Ends, ends
from djtrans.metrics.key_relation import KeyRelation, key_relation
from djtrans.metrics.level_profile import WINDOW_SECONDS, LevelProfile, level_profile_of_power
from djtrans.metrics.loudness import loudness_power
from djtrans.metrics.low_end import low_end_excess_of_levels
from djtrans.metrics.masking import masking_fraction
from djtrans.metrics.peaks import Peaks, peaks
from djtrans.metrics.phrase_alignment import PhraseAlignment, phrase_alignment
from djtrans.metrics.tempo_change import tempo_change_percent

#: Bars after the window on which the level is judged.
LEVEL_AFTER_BARS = 8


def audible_beats(inputs: MetricInputs) -> NDArray[np.bool_]:
    """Find the beats on which both tracks are audible, ``[beats]``."""
    return both_audible(inputs.a, inputs.b, inputs.sample_rate, inputs.beat_times)


def low_levels(inputs: MetricInputs) -> dict[str, FloatArray]:
    """Compute the low-band level of each beat, ``[beats]`` in dBFS, by name of the audio."""
    return {
        name: beat_levels_db(getattr(inputs, name), inputs.sample_rate, inputs.beat_times)
        for name in ("mix", "a", "b", "solo_a", "solo_b")
    }


def offset_of_beats(inputs: MetricInputs) -> BeatOffset:
    """Compute the offset of B's beats against A's."""
    if not inputs.beat_matched:
        return BeatOffset(reason="the beats of the tracks are not matched one by one")
    return beat_offset(inputs.a, inputs.b, inputs.sample_rate, inputs.beat_times)


def phrases(inputs: MetricInputs) -> tuple[PhraseAlignment, PhraseAlignment]:
    """Compute the distances to the phrase boundaries of A and of B."""
    i = inputs
    return (
        phrase_alignment(i.track_a.phrase_lines, i.beat_times, i.swap_beat, i.beats_per_bar),
        phrase_alignment(i.track_b.phrase_lines, i.beat_times, i.swap_beat, i.beats_per_bar),
    )


def tempo_changes(inputs: MetricInputs) -> tuple[float | None, float | None]:
    """Compute the largest tempo changes of A and of B, in percent."""
    return (
        tempo_change_percent(inputs.track_a.file_seconds, inputs.beat_times),
        tempo_change_percent(inputs.track_b.file_seconds, inputs.beat_times),
    )


def keys(inputs: MetricInputs) -> KeyRelation:
    """Relate the keys of the tracks."""
    return key_relation(inputs.track_a.key, inputs.track_b.key)


def consonance(inputs: MetricInputs) -> float | None:
    """Compute the consonance of both tracks on the beats on which both are audible."""
    audible = inputs.shared(audible_beats)
    return chroma_consonance(inputs.a, inputs.b, inputs.sample_rate, inputs.beat_times, audible)


def bass(inputs: MetricInputs) -> BassOverlap:
    """Compute which tracks play bass on each beat."""
    low = inputs.shared(low_levels)
    return bass_overlap_of_levels(low["a"], low["b"], low["solo_a"], low["solo_b"])


def low_end_excess(inputs: MetricInputs) -> float | None:
    """Compute the excess of the low end over the louder track's, in dB."""
    low = inputs.shared(low_levels)
    return low_end_excess_of_levels(low["mix"], low["solo_a"], low["solo_b"])


def levels(inputs: MetricInputs) -> LevelProfile:
    """Compute dip, bump and longest hole from shortly before the window to 8 bars after it.

    A's own breaks before the window and B's later ones are no work of the transition. The window of
    the loudness is a third of a short mix.
    """
    i, rate = inputs, inputs.sample_rate
    after = LEVEL_AFTER_BARS * i.beats_per_bar * float(np.diff(i.beat_times).mean())
    start = max(0, round((float(i.beat_times[0]) - WINDOW_SECONDS) * rate))
    part = slice(start, round((float(i.beat_times[-1]) + after) * rate))
    mix = i.mix[:, part]
    powers = (i.shared(mix_power), *i.shared(solo_powers))
    return level_profile_of_power(
        mix,
        [i.solo_a[:, part], i.solo_b[:, part]],
        [power[part] for power in powers],
        rate,
        min(WINDOW_SECONDS, mix.shape[-1] / rate / 3.0),
    )


def solo_powers(inputs: MetricInputs) -> tuple[FloatArray, FloatArray]:
    """Compute the K-weighted power of both tracks alone, ``[samples]`` each."""
    rate = inputs.sample_rate
    return loudness_power(inputs.solo_a, rate), loudness_power(inputs.solo_b, rate)


def mix_power(inputs: MetricInputs) -> FloatArray:
    """Compute the K-weighted power of the mix, ``[samples]``."""
    return loudness_power(inputs.mix, inputs.sample_rate)


def dead_air(inputs: MetricInputs) -> float:
    """Compute the longest stretch of near silence anywhere in the mix, in milliseconds."""
    return dead_air_of_power(inputs.shared(mix_power), inputs.sample_rate)


def peaks_of_mix(inputs: MetricInputs) -> Peaks:
    """Compute the true peak and count clipped samples."""
    return peaks(inputs.mix, inputs.sample_rate)


def masking(inputs: MetricInputs) -> float | None:
    """Compute the fraction of time and frequency in which neither track covers the other."""
    return masking_fraction(inputs.a, inputs.b, inputs.sample_rate, inputs.beat_times)


def click_seconds(inputs: MetricInputs) -> tuple[float, ...]:
    """Find clicks that neither track has, in seconds from the first sample."""
    return clicks(inputs.mix, inputs.solo_a, inputs.solo_b, inputs.sample_rate)


def ends_of_window(inputs: MetricInputs) -> Ends:
    """Compute errors and leaks on the beats next to the window."""
    i = inputs
    return ends(i.a, i.b, i.solo_a, i.solo_b, i.sample_rate, i.beat_times)


def motion(inputs: MetricInputs) -> CurveMotion:
    """Compute how much the curves move."""
    return curve_motion(inputs.curves, inputs.frames_per_beat)
