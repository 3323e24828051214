"""All metrics of a transition at once."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np

from djtrans.metrics.audible import both_audible
from djtrans.metrics.bass_overlap import BassOverlap, bass_overlap_of_levels, beat_levels_db
from djtrans.metrics.beat_offset import BeatOffset, beat_offset
from djtrans.metrics.catalog import METRICS
from djtrans.metrics.clicks import clicks
from djtrans.metrics.consonance import chroma_consonance
from djtrans.metrics.curve_motion import CurveMotion, curve_motion
from djtrans.metrics.ends import Ends, ends
from djtrans.metrics.gates import Gate, aligned, level, one_bass, one_voice
from djtrans.metrics.inputs import MetricInputs
from djtrans.metrics.key_relation import KeyRelation, key_relation
from djtrans.metrics.level_profile import LevelProfile, level_profile
from djtrans.metrics.low_end import low_end_excess_of_levels
from djtrans.metrics.masking import masking_fraction
from djtrans.metrics.peaks import Peaks, peaks
from djtrans.metrics.phrase_alignment import PhraseAlignment, phrase_alignment
from djtrans.metrics.tempo_change import tempo_change_percent
from djtrans.metrics.vocals import Vocals, vocals


@attrs.frozen
class TransitionMetrics:
    """What was measured on a rendered transition.

    Attributes
    ----------
    both_audible_beats : int
        Beats on which both tracks are heard: read every overlap metric beside it.
    beat_offset : BeatOffset
    phrases_a, phrases_b : PhraseAlignment
        Against each track's own phrase lines.
    tempo_change_a_percent, tempo_change_b_percent : float or None
    key : KeyRelation
    consonance : float or None
    bass_overlap : BassOverlap
    low_end_excess_db : float or None
    vocals : Vocals
    level_profile : LevelProfile
    peaks : Peaks
    masking_fraction : float or None
    click_seconds : tuple of float
        Seconds from the first sample.
    ends : Ends
    curves : CurveMotion
    beat_ms : float
        Mean length of a beat.
    """

    both_audible_beats: int
    beat_offset: BeatOffset
    phrases_a: PhraseAlignment
    phrases_b: PhraseAlignment
    tempo_change_a_percent: float | None
    tempo_change_b_percent: float | None
    key: KeyRelation
    consonance: float | None
    bass_overlap: BassOverlap
    low_end_excess_db: float | None
    vocals: Vocals
    level_profile: LevelProfile
    peaks: Peaks
    masking_fraction: float | None
    click_seconds: tuple[float, ...]
    ends: Ends
    curves: CurveMotion
    beat_ms: float

    def values(self) -> dict[str, float | None]:
        """Every number of :data:`METRICS` by name; None where it could not be measured."""
        return {metric.name: _finite(metric.of(self)) for metric in METRICS}

    @property
    def units(self) -> dict[str, str]:
        """Unit of each of :meth:`values`."""
        return {metric.name: metric.unit for metric in METRICS}

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Aligned, one bass, one voice, level; see ``docs/metrics.md`` for the limits."""
        return (
            aligned(self.beat_offset, self.phrases_a, self.phrases_b),
            one_bass(self.bass_overlap, self.low_end_excess_db),
            one_voice(self.vocals),
            level(self.level_profile, self.peaks, self.beat_ms),
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values; infinities and what could not be measured are None."""
        plain = attrs.asdict(self)
        plain["beat_offset"]["windows"] = self.beat_offset.windows
        for name in ("beats", "fraction", "beats_without_bass"):
            plain["bass_overlap"][name] = getattr(self.bass_overlap, name)
        plain["values"] = self.values()
        plain["gates"] = [attrs.asdict(gate) for gate in self.gates]
        return {name: _jsonable(part) for name, part in plain.items()}


def measure(inputs: MetricInputs) -> TransitionMetrics:
    """Measure a rendered transition.

    Parameters
    ----------
    inputs : MetricInputs
        The rendered audio, its clock, and what is known of the tracks.

    Returns
    -------
    TransitionMetrics
    """
    i = inputs
    rate, beats = i.sample_rate, i.beat_times
    window_seconds = min(3.0, i.mix.shape[-1] / rate / 3.0)
    audible = both_audible(i.a, i.b, rate, beats)
    lows = {
        name: beat_levels_db(getattr(i, name), rate, beats)
        for name in ("mix", "a", "b", "solo_a", "solo_b")
    }
    phrases_a, phrases_b = (
        phrase_alignment(track.phrase_lines, beats, i.swap_beat, i.beats_per_bar)
        for track in (i.track_a, i.track_b)
    )
    return TransitionMetrics(
        both_audible_beats=int(audible.sum()),
        beat_offset=beat_offset(i.a, i.b, rate, beats),
        phrases_a=phrases_a,
        phrases_b=phrases_b,
        tempo_change_a_percent=tempo_change_percent(i.track_a.file_seconds, beats),
        tempo_change_b_percent=tempo_change_percent(i.track_b.file_seconds, beats),
        key=key_relation(i.track_a.key, i.track_b.key),
        consonance=chroma_consonance(i.a, i.b, rate, beats, audible),
        bass_overlap=bass_overlap_of_levels(lows["a"], lows["b"], lows["solo_a"], lows["solo_b"]),
        low_end_excess_db=low_end_excess_of_levels(lows["mix"], lows["solo_a"], lows["solo_b"]),
        vocals=vocals(i),
        level_profile=level_profile(i.mix, rate, window_seconds, solo_a=i.solo_a, solo_b=i.solo_b),
        peaks=peaks(i.mix, rate),
        masking_fraction=masking_fraction(i.a, i.b, rate, beats),
        click_seconds=clicks(i.mix, i.solo_a, i.solo_b, rate),
        ends=ends(i.a, i.b, i.solo_a, i.solo_b, rate, beats),
        curves=curve_motion(i.curves, i.frames_per_beat),
        beat_ms=float(np.diff(beats).mean() * 1000.0),
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
