"""All metrics of a transition at once."""

from __future__ import annotations

import math
from typing import Any

import attrs

from djtrans.core.metrics.audible import both_audible
from djtrans.core.metrics.bass_overlap import BassOverlap, bass_overlap
from djtrans.core.metrics.beat_offset import BeatOffset, beat_offset
from djtrans.core.metrics.catalogue import METRICS
from djtrans.core.metrics.gates import Gate, Limit, gate
from djtrans.core.metrics.inputs import MetricInputs
from djtrans.core.metrics.level_profile import LevelProfile, level_profile
from djtrans.core.metrics.peaks import Peaks, peaks


@attrs.frozen
class TransitionMetrics:
    """What was measured on a rendered transition.

    Attributes
    ----------
    both_audible_beats : int
        Beats on which both tracks are heard: read every overlap metric beside it.
    beat_offset : BeatOffset
    bass_overlap : BassOverlap
    level_profile : LevelProfile
    peaks : Peaks
    """

    both_audible_beats: int
    beat_offset: BeatOffset
    bass_overlap: BassOverlap
    level_profile: LevelProfile
    peaks: Peaks

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
        offset, bass, level = self.beat_offset, self.bass_overlap, self.level_profile
        return (
            gate("aligned", [Limit(offset.p95_ms, 10, 20, "beats {:.1f} ms apart", offset.reason)]),
            gate("one bass", [Limit(bass.beats, 1, 4, "{:.0f} beats with two basses")]),
            gate("one voice", [Limit(None, 0, 8, "", "not measured yet")]),
            gate("level", [Limit(level.dip_lu, 3, 6, "{:.1f} LU dip", level.reason)]),
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
    return TransitionMetrics(
        both_audible_beats=int(both_audible(i.a, i.b, rate, beats).sum()),
        beat_offset=beat_offset(i.a, i.b, rate, beats),
        bass_overlap=bass_overlap(i.a, i.b, rate, beats, i.solo_a, i.solo_b),
        level_profile=level_profile(i.mix, rate, window_seconds),
        peaks=peaks(i.mix, rate),
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
