"""The result of measuring a transition: named values, details and gates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import attrs
import numpy as np

from djtrans.core.contracts.metric import MetricValue
from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.core.util.background import in_background, may_run_beside
from djtrans.metrics import shared_results as results
from djtrans.metrics.bass_overlap import BassOverlap
from djtrans.metrics.beat_offset import BeatOffset
from djtrans.metrics.curve_motion import CurveMotion
from djtrans.metrics.ends import Ends
from djtrans.metrics.gates import Gate, aligned, level, one_bass, one_voice, placed
from djtrans.metrics.key_relation import KeyRelation
from djtrans.metrics.level_profile import LevelProfile
from djtrans.metrics.peaks import Peaks
from djtrans.metrics.phrase_alignment import PhraseAlignment
from djtrans.metrics.placement import Placement, placement
from djtrans.metrics.vocals import Vocals, vocals


@attrs.frozen
class MeasuredValue:
    """A declared value and its number.

    Attributes
    ----------
    declared : MetricValue
        Named as in :meth:`TransitionMetrics.values`.
    number : float or None
        None if it could not be measured.
    """

    declared: MetricValue
    number: float | None


@attrs.frozen(kw_only=True)
class TransitionMetrics:
    """Measurements of a rendered transition.

    Attributes
    ----------
    measured : tuple of MeasuredValue
        The values of all registered metrics.
    failures : mapping of str to str
        By the qualified name of a metric: why its values, or some of them, are missing.
    both_audible_beats : int
        Beats on which both tracks are audible: read every overlap metric beside it.
    beat_offset : BeatOffset
    phrases_a, phrases_b : PhraseAlignment
        Against each track's own phrase boundaries.
    tempo_change_a_percent, tempo_change_b_percent : float or None
    key : KeyRelation
    consonance : float or None
    bass_overlap : BassOverlap
    low_end_excess_db : float or None
    vocals : Vocals
    level_profile : LevelProfile
    dead_air_ms : float
    placement : Placement
    peaks : Peaks
    masking_fraction : float or None
    click_seconds : tuple of float
        Seconds from the first sample.
    ends : Ends
    curves : CurveMotion
    beat_ms : float
        Mean length of a beat.
    gates : tuple of Gate
        Aligned, one bass, one voice, level, placement; ``docs/metrics.md`` has the limits.
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
    dead_air_ms: float
    placement: Placement
    peaks: Peaks
    masking_fraction: float | None
    click_seconds: tuple[float, ...]
    ends: Ends
    curves: CurveMotion
    beat_ms: float
    gates: tuple[Gate, ...]
    measured: tuple[MeasuredValue, ...]
    failures: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls,
        inputs: MetricInputs,
        measured: tuple[MeasuredValue, ...],
        failures: Mapping[str, str],
    ) -> TransitionMetrics:
        """Add the details, and with them the gates, to measured values."""
        phrases_a, phrases_b = inputs.shared(results.phrases)
        tempo_a, tempo_b = inputs.shared(results.tempo_changes)
        return cls(
            both_audible_beats=int(inputs.shared(results.audible_beats).sum()),
            beat_offset=inputs.shared(results.offset_of_beats),
            phrases_a=phrases_a,
            phrases_b=phrases_b,
            tempo_change_a_percent=tempo_a,
            tempo_change_b_percent=tempo_b,
            key=inputs.shared(results.keys),
            consonance=inputs.shared(results.consonance),
            bass_overlap=inputs.shared(results.bass),
            low_end_excess_db=inputs.shared(results.low_end_excess),
            vocals=inputs.shared(vocals),
            level_profile=inputs.shared(results.levels),
            dead_air_ms=inputs.shared(results.dead_air),
            placement=inputs.shared(placement),
            peaks=inputs.shared(results.peaks_of_mix),
            masking_fraction=inputs.shared(results.masking),
            click_seconds=inputs.shared(results.click_seconds),
            ends=inputs.shared(results.ends_of_window),
            curves=inputs.shared(results.motion),
            beat_ms=_beat_ms(inputs),
            gates=measure_gates(inputs),
            measured=measured,
            failures=failures,
        )

    def values(self) -> dict[str, float | None]:
        """Return every number by name; None where it could not be measured.

        A value of a plugin has the namespace of the plugin in front: ``"acme/crest_factor_db"``.
        """
        return {value.declared.name: value.number for value in self.measured}

    @property
    def units(self) -> dict[str, str]:
        """Unit of each of :meth:`values`."""
        return {value.declared.name: value.declared.unit for value in self.measured}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; what could not be measured is None."""
        plain = attrs.asdict(self, filter=lambda field, _: field.name not in ("measured", "limits"))
        plain["beat_offset"]["windows"] = self.beat_offset.windows
        for name in ("beats", "fraction", "beats_without_bass"):
            plain["bass_overlap"][name] = getattr(self.bass_overlap, name)
        plain["values"] = self.values()
        return {name: _jsonable(part) for name, part in plain.items()}


def measure_gates(inputs: MetricInputs) -> tuple[Gate, ...]:
    """Measure only what the gates need.

    Parameters
    ----------
    inputs : MetricInputs
        What has been measured of them is not measured again.

    Returns
    -------
    tuple of Gate
        Aligned, one bass, one voice, level, placement.
    """
    if may_run_beside():
        # Half of the work, which shares no results with the rest.
        beside = in_background(partial(_measure_onsets_and_peaks, inputs))
        _measure_levels(inputs)
        beside()
    phrases_a, phrases_b = inputs.shared(results.phrases)
    together = int(inputs.shared(results.audible_beats).sum()) > 0
    return (
        aligned(inputs.shared(results.offset_of_beats), phrases_a, phrases_b, together=together),
        one_bass(inputs.shared(results.bass), inputs.shared(results.low_end_excess)),
        one_voice(inputs.shared(vocals)),
        level(
            inputs.shared(results.levels),
            inputs.shared(results.peaks_of_mix),
            _beat_ms(inputs),
            inputs.shared(results.dead_air),
        ),
        placed(inputs.shared(placement)),
    )


def _measure_onsets_and_peaks(inputs: MetricInputs) -> None:
    inputs.shared(results.offset_of_beats)
    inputs.shared(results.peaks_of_mix)


def _measure_levels(inputs: MetricInputs) -> None:
    inputs.shared(results.levels)
    inputs.shared(results.dead_air)
    inputs.shared(placement)


def _beat_ms(inputs: MetricInputs) -> float:
    return float(np.diff(inputs.beat_times).mean() * 1000.0)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
