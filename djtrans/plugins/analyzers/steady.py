"""Beats and downbeats of a signal of constant tempo."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.chroma import chroma_per_slot
from djtrans.plugins.analyzers.confidence import downbeat_confidence, grid_confidence
from djtrans.plugins.analyzers.downbeat import Downbeat, find_downbeat
from djtrans.plugins.analyzers.front_end import FrontEndFeatures
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BAR, SLOTS_PER_BEAT, slot_features
from djtrans.plugins.analyzers.phase import (
    Pulse,
    beat_parts,
    coarse_offset,
    long_short,
    refine_pulse,
)
from djtrans.plugins.analyzers.tempo import Tempo

#: Deviation from the beat that halves the fit.
_HALF_FIT_SECONDS = 0.010
#: Weight of a long swung eighth before a short one, in the score of the downbeat.
_SWING_WEIGHT = 4.0


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
    attacks = front_end.attacks.all_bands()
    parts = beat_parts(attacks, period)
    pulse = refine_pulse(attacks, period, coarse_offset(attacks, period, parts))
    # Sixteenths of a beat that starts on a swung eighth miss the others.
    shifts = (0.0, 1.0 / 3.0, 2.0 / 3.0) if parts == 3 else (0.0,)
    found = [_place(front_end, pulse, pulse.offset + shift * pulse.period) for shift in shifts]
    scores = np.array([place.downbeat.score for place in found])
    if parts == 3:
        thirds = [_nearest_third(place, pulse) for place in found]
        scores += _SWING_WEIGHT * long_short(attacks, pulse.period, pulse.offset)[thirds]
    best = int(np.argmax(scores))
    rivals = scores[best] - np.delete(scores, best)
    features, first, downbeat = found[best].features, found[best].first, found[best].downbeat
    downbeat_seconds = first + downbeat.slot * pulse.period / SLOTS_PER_BEAT
    pulse = refine_pulse(attacks, pulse.period, downbeat_seconds % pulse.period)
    return SteadyBeats(
        pulse=pulse,
        downbeat_seconds=downbeat_seconds,
        features=features,
        first_slot_seconds=first,
        fit=_fit(tempo, pulse),
        confidence=grid_confidence(tempo.clarity, pulse, min([downbeat.beat_margin, *rivals])),
        # The grid has bars of four, so that no downbeat is right in bars of three.
        downbeat_confidence=downbeat_confidence(downbeat.margin, len(features) / SLOTS_PER_BAR)
        if tempo.beats_per_bar == 4
        else 0.0,
    )


@attrs.frozen(eq=False)
class _Place:
    """Downbeat found on the slots of a pulse at one offset; slot 0 starts at `first` seconds."""

    features: NDArray[np.float64]
    first: float
    downbeat: Downbeat


def _place(front_end: FrontEndFeatures, pulse: Pulse, offset: float) -> _Place:
    features = slot_features(front_end.bands, front_end.onsets, pulse.period, offset)
    slot_seconds = pulse.period / SLOTS_PER_BEAT
    first = offset % slot_seconds
    harmony = chroma_per_slot(front_end.chroma, first, slot_seconds, len(features))
    downbeat = find_downbeat(front_end.attacks, features, harmony, pulse.period, first)
    return _Place(features, first, downbeat)


def _nearest_third(place: _Place, pulse: Pulse) -> int:
    """Return the third of a beat after the pulse that is nearest to the downbeat."""
    seconds = place.first + place.downbeat.slot * pulse.period / SLOTS_PER_BEAT
    return round(3.0 * (seconds - pulse.offset) / pulse.period) % 3


def _fit(tempo: Tempo, pulse: Pulse) -> float:
    """Combine clarity of the tempo, attacks on subdivisions, and deviation from the beats."""
    steadiness = 1.0 / (1.0 + (pulse.deviation / _HALF_FIT_SECONDS) ** 2)
    return tempo.clarity * min(1.0, 4.0 * pulse.focus) * steadiness
