"""The beats of a signal of constant tempo: each part's finding feeds the next."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.chroma import chroma_per_slot
from djtrans.plugins.analyzers.downbeat import find_downbeat
from djtrans.plugins.analyzers.hearing import Heard
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BEAT, slot_features
from djtrans.plugins.analyzers.phase import Pulse, coarse_offset, refine_pulse
from djtrans.plugins.analyzers.tempo import Tempo

#: Straying from the beat by this much halves the confidence.
_HALF_SURE_SECONDS = 0.010


@attrs.frozen(eq=False)
class SteadyBeats:
    """Evenly spaced beats and where the one is among them.

    Attributes
    ----------
    pulse : Pulse
    one_seconds : float
        Time of a one, to some ms; the pulse is exact.
    features : ndarray
        ``[slots, features]`` of :func:`~djtrans.plugins.analyzers.novelty.slot_features`.
    first_slot_seconds : float
        Time at which slot 0 starts.
    fit : float
        0 to 1: how well even beats at this tempo explain what is heard, wherever the beat is among
        the sixteenths.
    beat_confidence, downbeat_confidence : float
        0 to 1: how sure it is which sixteenth is the beat, and which beat is the one.
    """

    pulse: Pulse
    one_seconds: float
    features: NDArray[np.float64]
    first_slot_seconds: float
    fit: float
    beat_confidence: float
    downbeat_confidence: float

    @property
    def confidence(self) -> float:
        """How sure the beats are, 0 to 1."""
        return self.fit * self.beat_confidence


def find_steady_beats(heard: Heard, tempo: Tempo) -> SteadyBeats:
    """The beats at about the given tempo that explain best what is heard."""
    period = 60.0 / tempo.bpm
    pulse = refine_pulse(heard.attacks, period, coarse_offset(heard.attacks, period))
    features = slot_features(heard.bands, heard.onsets, pulse.period, pulse.offset)
    slot_seconds = pulse.period / SLOTS_PER_BEAT
    first = pulse.offset % slot_seconds
    harmony = chroma_per_slot(heard.chroma, first, slot_seconds, len(features))
    downbeat = find_downbeat(heard.attacks, features, harmony, pulse.period, first)
    one = first + downbeat.slot * slot_seconds
    pulse = refine_pulse(heard.attacks, pulse.period, one % pulse.period)
    return SteadyBeats(
        pulse=pulse,
        one_seconds=one,
        features=features,
        first_slot_seconds=first,
        fit=_fit(tempo, pulse),
        beat_confidence=downbeat.beat_confidence,
        # Bars of three are found, but not counted: no one of every four beats is right.
        downbeat_confidence=downbeat.confidence if tempo.beats_per_bar == 4 else 0.0,
    )


def _fit(tempo: Tempo, pulse: Pulse) -> float:
    """Clear tempo, attacks that keep to the sixteenths, and no straying, all at once."""
    straying = 1.0 / (1.0 + (pulse.deviation / _HALF_SURE_SECONDS) ** 2)
    return tempo.clarity * min(1.0, 4.0 * pulse.focus) * straying
