"""Objective measures of a rendered transition: functions of audio, nothing of ours assumed.

One file per metric; :func:`measure` takes them all.
"""

from djtrans.metrics.bass_overlap import BassOverlap, bass_overlap
from djtrans.metrics.beat_offset import BeatOffset, beat_offset
from djtrans.metrics.catalog import METRICS, Metric
from djtrans.metrics.gates import Gate
from djtrans.metrics.inputs import MetricInputs, TrackFacts, Voices
from djtrans.metrics.level_profile import LevelProfile, level_profile
from djtrans.metrics.measure import TransitionMetrics, measure
from djtrans.metrics.peaks import Peaks, peaks

__all__ = [
    "METRICS",
    "BassOverlap",
    "BeatOffset",
    "Gate",
    "LevelProfile",
    "Metric",
    "MetricInputs",
    "Peaks",
    "TrackFacts",
    "TransitionMetrics",
    "Voices",
    "bass_overlap",
    "beat_offset",
    "level_profile",
    "measure",
    "peaks",
]
