"""Objective measures of a rendered transition.

One file per metric, with functions of plain audio arrays. :func:`measure` runs all registered
metrics, those of plugins included.
"""

from typing import Any

from djtrans.core.contracts.metric import MetricValue
from djtrans.core.transition.metric_inputs import MetricInputs, TrackFacts, Voices
from djtrans.metrics.bass_overlap import BassOverlap, bass_overlap
from djtrans.metrics.beat_offset import BeatOffset, beat_offset
from djtrans.metrics.gates import Gate
from djtrans.metrics.level_profile import LevelProfile, level_profile
from djtrans.metrics.peaks import Peaks, peaks
from djtrans.metrics.registered import measure, metric_values
from djtrans.metrics.transition_metrics import TransitionMetrics, measure_gates

__all__ = [
    "BassOverlap",
    "BeatOffset",
    "Gate",
    "LevelProfile",
    "MetricInputs",
    "MetricValue",
    "Peaks",
    "TrackFacts",
    "TransitionMetrics",
    "Voices",
    "bass_overlap",
    "beat_offset",
    "level_profile",
    "measure",
    "measure_gates",
    "metric_values",
    "peaks",
]


def __getattr__(name: str) -> Any:
    if name == "METRICS":
        import warnings

        warnings.warn(
            "djtrans.metrics.METRICS is now djtrans.metrics.metric_values(), since plugins add to "
            "it.",
            DeprecationWarning,
            stacklevel=2,
        )
        return metric_values()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
