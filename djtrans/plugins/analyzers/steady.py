"""Beats and downbeats of a signal of constant tempo."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.chroma import chroma_per_slot
from djtrans.plugins.analyzers.confidence import downbeat_confidence, grid_confidence
from djtrans.plugins.analyzers.downbeat import find_downbeat
from djtrans.plugins.analyzers.front_end import FrontEndFeatures
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BAR, SLOTS_PER_BEAT, slot_features
from djtrans.plugins.analyzers.phase import Pulse, coarse_offset, refine_pulse
from djtrans.plugins.analyzers.tempo import Tempo

#: Deviation from the beat that halves the fit.
_HALF_FIT_SECONDS = 0.010


@attrs.frozen(eq=False)
class SteadyBeats:
    """Evenly spaced beats, with a downbeat.

    Attributes
    ----------
    pulse : Pulse
        Exact beats.
    downbeat_seconds : float
        Time of a downbeat, within some ms.
    features : ndarray
        ``[slots, features]`` of :func:`~djtrans.plugins.analyzers.novelty.slot_features`.
    first_slot_seconds : float
        Time at which slot 0 starts.
    fit : float
        Fit of the pulse to the attacks, whichever sixteenth is the beat, 0 to 1.
    confidence, downbeat_confidence : float
        Probability that the beats are right, and that the downbeats are.
    """

    pulse: Pulse
    downbeat_seconds: float
    features: NDArray[np.float64]
    first_slot_seconds: float
    fit: float
    confidence: float
    downbeat_confidence: float


def find_steady_beats(front_end: FrontEndFeatures) -> SteadyBeats:
    """Fit beats and downbeats near the tempo."""
    tempo = front_end.tempo
    period = 60.0 / tempo.bpm
    pulse = refine_pulse(front_end.attacks, period, coarse_offset(front_end.attacks, period))
    features = slot_features(front_end.bands, front_end.onsets, pulse.period, pulse.offset)
    slot_seconds = pulse.period / SLOTS_PER_BEAT
    first = pulse.offset % slot_seconds
    harmony = chroma_per_slot(front_end.chroma, first, slot_seconds, len(features))
    downbeat = find_downbeat(front_end.attacks, features, harmony, pulse.period, first)
    downbeat_seconds = first + downbeat.slot * slot_seconds
    pulse = refine_pulse(front_end.attacks, pulse.period, downbeat_seconds % pulse.period)
    return SteadyBeats(
        pulse=pulse,
        downbeat_seconds=downbeat_seconds,
        features=features,
        first_slot_seconds=first,
        fit=_fit(tempo, pulse),
        confidence=grid_confidence(tempo.clarity, pulse, downbeat.beat_margin),
        # The grid has bars of four, so that no downbeat is right in bars of three.
        downbeat_confidence=downbeat_confidence(downbeat.margin, len(features) / SLOTS_PER_BAR)
        if tempo.beats_per_bar == 4
        else 0.0,
    )


def _fit(tempo: Tempo, pulse: Pulse) -> float:
    """Combine clarity of the tempo, attacks on subdivisions, and deviation from the beats."""
    steadiness = 1.0 / (1.0 + (pulse.deviation / _HALF_FIT_SECONDS) ** 2)
    return tempo.clarity * min(1.0, 4.0 * pulse.focus) * steadiness
