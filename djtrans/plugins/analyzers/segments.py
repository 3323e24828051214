"""Find the segments of constant tempo of a track whose beats jump or whose tempo changes.

A track can change its tempo at once (a speed change of a sequencer), pause, or skip a fraction of a
bar. Between such places its beats are even. *Tempo plateaus* are the long constant parts of the
tempo path of :mod:`~djtrans.plugins.analyzers.drift`; within each,
:mod:`~djtrans.plugins.analyzers.jumps` finds jumps. Each segment gets its own beats. It ends where
the attacks change from its bar profile to that of the next one.
"""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.drift import tempo_path
from djtrans.plugins.analyzers.front_end import FrontEndFeatures
from djtrans.plugins.analyzers.jumps import split_at_jumps
from djtrans.plugins.analyzers.segment import (
    BAR_BEATS,
    BAR_STEPS,
    STEPS_PER_BEAT,
    Segment,
    bar_attacks,
    refined,
)
from djtrans.plugins.analyzers.steady import SteadyBeats, find_steady_beats
from djtrans.plugins.analyzers.tempo import find_tempo

Floats = NDArray[np.float64]

#: Shortest plateau in seconds, and the largest ratio of tempos within one, in octaves.
_PLATEAU_SECONDS, _SAME_OCTAVES = 12.0, 0.015
#: Least part of a track that its plateaus cover; otherwise its tempo drifts.
_COVERED = 0.85
#: Least clarity of the tempo of a plateau by itself: it is 0.70 and more in plateaus of 54 modules
#: and 5 tracks where the tempo is true, and at most 0.29 where it is not.
_MIN_CLARITY = 0.5
#: Largest mean deviation of the attacks: segments fitted to drifting tracks have 5 ms and more,
#: others mostly less than 2 ms.
_MAX_DEVIATION_SECONDS = 0.0045
#: Times that ends and beats of segments are fitted in turn.
_ROUNDS = 2
#: Shortest segment in bars: the ends of those of a drifting track can meet.
_LEAST_BARS = 2
#: Reach of the search for the end of a segment, in bars.
_END_BARS = 3.0


def find_segments(
    front_end: FrontEndFeatures,
    beats: SteadyBeats,
    min_bpm: float,
    max_bpm: float,
    preferred_bpm: float,
) -> list[Segment]:
    """Find the segments of constant tempo of a track.

    Parameters
    ----------
    front_end : FrontEndFeatures
        Features of the track.
    beats : SteadyBeats
        Beats of the track as if its tempo were constant.
    min_bpm, max_bpm, preferred_bpm : float
        As in :func:`~djtrans.plugins.analyzers.tempo.find_tempo`.

    Returns
    -------
    list of Segment
        In order of time, without gaps; a single one if the beats are even, or cannot be divided.
    """
    seconds = len(front_end.attacks.strength) / front_end.attacks.rate
    path = tempo_path(front_end.onsets, front_end.bands.frame_rate, min_bpm, max_bpm, preferred_bpm)
    plateaus = _plateaus(path, front_end.bands.frame_rate)
    whole = Segment(0.0, seconds, beats.pulse.period, beats.downbeat_seconds)
    if sum(end - start for start, end, _ in plateaus) < _COVERED * seconds:
        return [whole]
    found = [whole]
    if len(plateaus) > 1:
        bpm_range = (min_bpm, max_bpm, preferred_bpm)
        candidates = [_plateau(front_end, start, end, bpm_range) for start, end, _ in plateaus]
        found = _merged(
            [segment for segment, clarity in candidates if clarity >= _MIN_CLARITY]
        ) or [whole]
    attacks = front_end.attacks
    found = [piece for segment in found for piece in split_at_jumps(attacks, segment)]
    if len(found) == 1:
        return [whole]
    for _ in range(_ROUNDS):
        found = _joined(attacks, found, seconds)
        if any(s.end - s.start < _LEAST_BARS * BAR_BEATS * s.period for s in found):
            return [whole]
        found = [refined(attacks, s) for s in found]
    spread = sum(s.deviation * (s.end - s.start) for s in found) / seconds
    return found if spread <= _MAX_DEVIATION_SECONDS else [whole]


def _plateaus(path: Floats, frame_rate: float) -> list[tuple[float, float, float]]:
    """Find start, end and period of the long parts of one tempo, up to octaves."""
    runs: list[list[float]] = []
    for index, period in enumerate(path):
        time = index / frame_rate
        if runs and period == runs[-1][2]:
            runs[-1][1] = time
            continue
        octaves = np.log2(period / runs[-1][2]) if runs else np.inf
        if runs and abs(octaves - np.round(octaves)) < _SAME_OCTAVES:
            runs[-1][1] = time
        else:
            runs.append([time, time, float(period)])
    merged: list[tuple[float, float, float]] = []
    for start, end, period in runs:
        if end - start < _PLATEAU_SECONDS:
            continue
        octaves = np.log2(period / merged[-1][2]) if merged else np.inf
        if merged and abs(octaves - np.round(octaves)) < _SAME_OCTAVES:
            merged[-1] = (merged[-1][0], end, merged[-1][2])
        else:
            merged.append((start, end, period))
    return merged


def _plateau(
    front_end: FrontEndFeatures, start: float, end: float, bpm_range: tuple[float, float, float]
) -> tuple[Segment, float]:
    """Find the beats and downbeats of a plateau by itself, and the clarity of its tempo."""
    part = front_end.part(start, end)
    tempo = find_tempo(part.onsets, part.bands.frame_rate, *bpm_range)
    beats = find_steady_beats(attrs.evolve(part, tempo=tempo))
    segment = Segment(start, end, beats.pulse.period, start + _on_beat(beats))
    return attrs.evolve(segment, confidence=beats.confidence), tempo.clarity


def _merged(segments: list[Segment]) -> list[Segment]:
    """Join adjacent segments of one tempo, up to octaves; the longer one gives the beats."""
    merged = segments[:1]
    for segment in segments[1:]:
        octaves = np.log2(segment.period / merged[-1].period)
        if abs(octaves - np.round(octaves)) > _SAME_OCTAVES:
            merged.append(segment)
            continue
        pair = (merged[-1], segment)
        longer = max(pair, key=lambda s: s.end - s.start)
        merged[-1] = attrs.evolve(longer, start=pair[0].start, end=pair[1].end)
    return merged


def _on_beat(beats: SteadyBeats) -> float:
    """Return the time of a downbeat, exactly on a beat of the pulse."""
    pulse = beats.pulse
    count = round((beats.downbeat_seconds - pulse.offset) / pulse.period)
    return pulse.offset + count * pulse.period


def _joined(attacks: Attacks, segments: list[Segment], seconds: float) -> list[Segment]:
    """Move the ends of segments to where the attacks change from one to the next."""
    profiles = [_profile(attacks, segment) for segment in segments]
    ends = []
    for (left, here), (right, there) in pairwise(zip(segments, profiles, strict=True)):
        reach = _END_BARS * BAR_BEATS * max(left.period, right.period)
        low = max(left.end - reach, 0.5 * (left.start + left.end))
        high = min(right.start + reach, 0.5 * (right.start + right.end))
        rows = np.arange(int(low * attacks.rate), int(high * attacks.rate))
        strength = np.sqrt(attacks.strength[rows])
        time = rows / attacks.rate
        gain = (strength * (_at(here, left, time) - _at(there, right, time))).sum(axis=1)
        total = np.concatenate([[0.0], np.cumsum(gain)])
        ends.append(low + int(np.argmax(total)) / attacks.rate)
    starts, stops = [0.0, *ends], [*ends, seconds]
    return [
        attrs.evolve(segment, start=start, end=stop)
        for segment, start, stop in zip(segments, starts, stops, strict=True)
    ]


def _profile(attacks: Attacks, segment: Segment) -> Floats:
    """Compute the mean attacks of a bar of a segment, of equal energy, ``[steps, bands]``."""
    bars, _ = bar_attacks(attacks, segment)
    profile = bars.mean(axis=0) if len(bars) else np.zeros((BAR_STEPS, attacks.strength.shape[1]))
    profile = profile - profile.mean(axis=0)
    return np.asarray(profile / max(float(np.sqrt((profile**2).sum())), 1e-9))


def _at(profile: Floats, segment: Segment, time: Floats) -> Floats:
    step = np.round(segment.beat_at(time) * STEPS_PER_BEAT).astype(np.int64) % BAR_STEPS
    return np.asarray(profile[step])
