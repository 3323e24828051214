"""Find the segments of constant tempo of a track whose beats jump or whose tempo changes.

A track can change its tempo at once (a speed change of a sequencer), pause, or skip a fraction of a
bar. Between such places its beats are even. *Tempo plateaus* are the long constant parts of the
tempo path of :mod:`~djtrans.plugins.analyzers.drift`. *Jumps* within a plateau are found by
comparing the mean attacks of the eight bars before each bar line with those of the eight bars
after it: where they agree at another lag much better than at none, the bars start at that lag from
there on. Each segment gets its own beats; the place where it ends is where the attacks change from
the one's bar profile to the other's.
"""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.drift import tempo_path
from djtrans.plugins.analyzers.front_end import FrontEndFeatures
from djtrans.plugins.analyzers.phase import refine_pulse
from djtrans.plugins.analyzers.steady import SteadyBeats, find_steady_beats
from djtrans.plugins.analyzers.tempo import autocorrelation, find_tempo

Floats = NDArray[np.float64]

_BAR_BEATS, _STEPS_PER_BEAT = 4, 96
_BAR_STEPS = _BAR_BEATS * _STEPS_PER_BEAT
#: Shortest plateau in seconds, and the largest ratio of tempos within one, in octaves.
_PLATEAU_SECONDS, _SAME_OCTAVES = 12.0, 0.015
#: Least part of a track that its plateaus cover; otherwise its tempo drifts.
_COVERED = 0.85
#: Least clarity of the tempo of a plateau by itself: it is 0.70 and more in plateaus of 54 modules
#: and 5 tracks where the tempo is true, and at most 0.29 where it is not.
_MIN_CLARITY = 0.5
#: Bars that are compared on either side of a jump, and the fewest of a segment.
_COMPARED_BARS, _FEWEST_BARS = 8, 4
#: Least correlation at the lag of a jump, and its least excess over the correlation at no lag. On
#: 54 modules, true jumps reach 0.63 and 0.60; elsewhere the excess is at most 0.36.
_MIN_CORRELATION, _MIN_EXCESS = 0.5, 0.45
#: Lags in steps that count as none (30 ms at 125 BPM).
_NO_LAG = 6
#: Bars apart whose lag gives the period: the first known within a fraction, each further one within
#: some seconds; attacks are smoothed over some ms.
_NEAR_BARS, _NEAR_FRACTION, _NEAR_SECONDS = (2, 4, 8, 16), 0.003, 0.012
_NEAR_KERNEL = np.hanning(13)[1:-1]
#: Largest mean deviation of the attacks: segments fitted to drifting tracks have 5 ms and more,
#: others mostly less than 2 ms.
_MAX_DEVIATION_SECONDS = 0.0045
#: Times that ends and beats of segments are fitted in turn.
_ROUNDS = 2
#: Reach of the search for the end of a segment, in bars.
_END_BARS = 3.0
#: Ratio of tempos to which beats are stretched where segments meet.
_MOST_STRETCH = 2.0


@attrs.frozen
class Segment:
    """Part of a track with even beats.

    Attributes
    ----------
    start, end : float
        Seconds.
    period : float
        Seconds per beat.
    downbeat : float
        Time of a downbeat in seconds.
    deviation : float
        RMS deviation of the attacks from the beats, in seconds.
    confidence : float
        Probability that the beats are right, 0 to 1.
    """

    start: float
    end: float
    period: float
    downbeat: float
    deviation: float = 0.0
    confidence: float = 1.0

    def beat_at(self, seconds: Floats) -> Floats:
        """Return beats since the downbeat."""
        return np.asarray((seconds - self.downbeat) / self.period)


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
    found = [piece for segment in found for piece in _split_at_jumps(attacks, segment)]
    if len(found) == 1:
        return [whole]
    for _ in range(_ROUNDS):
        found = [_refined(attacks, s) for s in _joined(attacks, found, seconds)]
    spread = sum(s.deviation * (s.end - s.start) for s in found) / seconds
    return found if spread <= _MAX_DEVIATION_SECONDS else [whole]


def beat_position(segments: list[Segment], frames: int, frame_rate: float) -> Floats:
    """Compute the beat position of each frame, with whole bars between all downbeats.

    Parameters
    ----------
    segments : list of Segment
        Of :func:`find_segments`.
    frames : int
        Number of frames.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray
        ``[frames]``, in beats, increasing. Around the end of a segment the beats are stretched to
        meet those of the next one.
    """
    times, beats = [segments[0].start], [float(segments[0].beat_at(np.array(segments[0].start)))]
    shift = 0.0
    for left, right in pairwise(segments):
        at = right.start
        gap = float(left.beat_at(np.array(at))) + shift - float(right.beat_at(np.array(at)))
        after = _BAR_BEATS * round(gap / _BAR_BEATS)
        for reach in range(1, 2 * _BAR_BEATS):
            before = np.floor(float(left.beat_at(np.array(at)))) - (reach - 1) // 2
            behind = np.ceil(float(right.beat_at(np.array(at)))) + reach // 2
            t0, t1 = left.downbeat + before * left.period, right.downbeat + behind * right.period
            stretch = (behind + after - before - shift) * min(left.period, right.period) / (t1 - t0)
            usable = 1.0 / _MOST_STRETCH <= stretch <= _MOST_STRETCH
            if usable:
                break
        times += [t0, t1]
        beats += [before + shift, behind + after]
        shift = after
    last = segments[-1]
    times.append(last.end)
    beats.append(float(last.beat_at(np.array(last.end))) + shift)
    order = np.argsort(times, kind="stable")
    position = np.interp(
        np.arange(frames) / frame_rate,
        np.array(times)[order],
        np.maximum.accumulate(np.array(beats)[order]),
    )
    position -= position[0]
    return np.asarray(position + 1e-9 * np.arange(frames))


def _plateaus(path: Floats, frame_rate: float) -> list[tuple[float, float, float]]:
    """Find start, end and period of the long parts of one tempo, up to octaves."""
    runs: list[list[float]] = []
    for index, period in enumerate(path):
        time = index / frame_rate
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


def _bar_attacks(attacks: Attacks, segment: Segment) -> tuple[Floats, int]:
    """Compute the attacks of each bar, ``[bars, steps, bands]``, and the number of the first."""
    first = int(np.ceil(segment.beat_at(np.array(segment.start)) / _BAR_BEATS - 1e-6))
    last = int(np.floor(segment.beat_at(np.array(segment.end)) / _BAR_BEATS + 1e-6))
    bars = max(0, last - first)
    begin = int(segment.start * attacks.rate)
    part = np.sqrt(attacks.strength[begin : int(segment.end * attacks.rate)])
    beat = segment.beat_at(np.arange(begin, begin + len(part)) / attacks.rate)
    step = np.round((beat - _BAR_BEATS * first) * _STEPS_PER_BEAT).astype(np.int64)
    inside = (step >= 0) & (step < bars * _BAR_STEPS)
    kernel = np.hanning(9)[1:-1] / np.hanning(9).sum()
    columns = [
        np.convolve(np.bincount(step[inside], c[inside], bars * _BAR_STEPS), kernel, "same")
        for c in part.T
    ]
    return np.stack(columns, axis=1).reshape(bars, _BAR_STEPS, -1), first


def _split_at_jumps(attacks: Attacks, segment: Segment) -> list[Segment]:
    """Divide a segment where its bars jump; each part gets beats of its own."""
    even = attrs.evolve(segment, period=_near_period(attacks, segment))
    bars, first = _bar_attacks(attacks, even)
    excess, lag = _jumps(bars)
    if not excess.any() or excess.max() < _MIN_EXCESS:
        return [segment]
    bar = int(np.argmax(excess))
    at = even.downbeat + (first + bar) * _BAR_BEATS * even.period
    moved = even.downbeat + lag[bar] / _STEPS_PER_BEAT * even.period
    parts = (attrs.evolve(even, end=at), attrs.evolve(even, start=at, downbeat=moved))
    return [piece for part in parts for piece in _split_at_jumps(attacks, _refined(attacks, part))]


def _near_period(attacks: Attacks, segment: Segment) -> float:
    """Estimate the period from bars at most 16 apart: a jump does not affect it, unlike a fit."""
    onset = attacks.strength[
        int(segment.start * attacks.rate) : int(segment.end * attacks.rate)
    ].sum(axis=1, dtype=np.float64)
    onset = np.sqrt(onset) - np.sqrt(onset).mean()
    period = segment.period
    reach = _NEAR_FRACTION * _NEAR_BARS[0] * _BAR_BEATS * period
    for bars in _NEAR_BARS:
        beats = bars * _BAR_BEATS
        low, high = (int((beats * period + side * reach) * attacks.rate) for side in (-1, 1))
        if 2 * high >= len(onset):
            break
        match = autocorrelation(onset, high + 2)[low:]
        smooth = np.convolve(match, _NEAR_KERNEL, "same")
        period = (low + float(np.argmax(smooth))) / attacks.rate / beats
        reach = _NEAR_SECONDS
    return period


def _jumps(bars: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Compute for each bar line the excess of the correlation at the best lag, and this lag."""
    centred = bars - bars.mean(axis=1, keepdims=True)
    total = np.concatenate([np.zeros((1, *bars.shape[1:])), np.cumsum(centred, axis=0)])
    count = len(bars)
    excess, lag = np.zeros(count), np.zeros(count, dtype=np.int64)
    for bar in range(_FEWEST_BARS, count - _FEWEST_BARS + 1):
        before = total[bar] - total[max(0, bar - _COMPARED_BARS)]
        after = total[min(count, bar + _COMPARED_BARS)] - total[bar]
        match = _match(before, after)
        near = float(match[np.arange(-_NO_LAG, _NO_LAG + 1)].max())
        best = int(np.argmax(match))
        if match[best] >= _MIN_CORRELATION:
            excess[bar] = match[best] - near
            lag[bar] = (best + _BAR_STEPS // 2) % _BAR_STEPS - _BAR_STEPS // 2
    return excess, lag


def _refined(attacks: Attacks, segment: Segment) -> Segment:
    """Fit period and phase of a segment to its own attacks."""
    begin = int(segment.start * attacks.rate)
    part = Attacks(attacks.strength[begin : int(segment.end * attacks.rate)], attacks.rate)
    origin = begin / attacks.rate
    pulse = refine_pulse(part, segment.period, (segment.downbeat - origin) % segment.period)
    count = round((segment.downbeat - origin - pulse.offset) / pulse.period)
    return attrs.evolve(
        segment,
        period=pulse.period,
        downbeat=origin + pulse.offset + count * pulse.period,
        deviation=pulse.deviation,
    )


def _match(before: Floats, after: Floats) -> Floats:
    """Correlate two bars ``[steps, bands]`` at each lag of the second one."""
    spectrum = scipy.fft.rfft(after, axis=0) * scipy.fft.rfft(before, axis=0).conj()
    energy = float((before**2).sum() * (after**2).sum())
    return np.asarray(scipy.fft.irfft(spectrum.sum(axis=1), _BAR_STEPS) / (np.sqrt(energy) + 1e-9))


def _joined(attacks: Attacks, segments: list[Segment], seconds: float) -> list[Segment]:
    """Move the ends of segments to where the attacks change from one to the next."""
    profiles = [_profile(attacks, segment) for segment in segments]
    ends = []
    for (left, here), (right, there) in pairwise(zip(segments, profiles, strict=True)):
        reach = _END_BARS * _BAR_BEATS * max(left.period, right.period)
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
    bars, _ = _bar_attacks(attacks, segment)
    profile = bars.mean(axis=0) if len(bars) else np.zeros((_BAR_STEPS, attacks.strength.shape[1]))
    profile = profile - profile.mean(axis=0)
    return np.asarray(profile / max(float(np.sqrt((profile**2).sum())), 1e-9))


def _at(profile: Floats, segment: Segment, time: Floats) -> Floats:
    step = np.round(segment.beat_at(time) * _STEPS_PER_BEAT).astype(np.int64) % _BAR_STEPS
    return np.asarray(profile[step])
