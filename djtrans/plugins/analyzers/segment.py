"""Segment of even beats: its attacks per bar, and the beat position of a series of segments."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.phase import refine_pulse

Floats = NDArray[np.float64]

BAR_BEATS, STEPS_PER_BEAT = 4, 96
BAR_STEPS = BAR_BEATS * STEPS_PER_BEAT
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


def bar_attacks(attacks: Attacks, segment: Segment) -> tuple[Floats, int]:
    """Compute the attacks of each bar of a segment.

    Parameters
    ----------
    attacks : Attacks
        Attacks of the track.
    segment : Segment
        Part of the track.

    Returns
    -------
    bars : ndarray
        ``[bars, BAR_STEPS, bands]``, the square root of the strength, of whole bars.
    first : int
        Number of the first bar, counted from the downbeat of the segment.
    """
    first = int(np.ceil(segment.beat_at(np.array(segment.start)) / BAR_BEATS - 1e-6))
    last = int(np.floor(segment.beat_at(np.array(segment.end)) / BAR_BEATS + 1e-6))
    bars = max(0, last - first)
    if not bars:
        return np.zeros((0, BAR_STEPS, attacks.strength.shape[1])), first
    begin = int(segment.start * attacks.rate)
    part = np.sqrt(attacks.strength[begin : int(segment.end * attacks.rate)])
    beat = segment.beat_at(np.arange(begin, begin + len(part)) / attacks.rate)
    step = np.round((beat - BAR_BEATS * first) * STEPS_PER_BEAT).astype(np.int64)
    inside = (step >= 0) & (step < bars * BAR_STEPS)
    kernel = np.hanning(9)[1:-1] / np.hanning(9).sum()
    columns = [
        np.convolve(np.bincount(step[inside], c[inside], bars * BAR_STEPS), kernel, "same")
        for c in part.T
    ]
    return np.stack(columns, axis=1).reshape(bars, BAR_STEPS, -1), first


def refined(attacks: Attacks, segment: Segment) -> Segment:
    """Fit period and phase of a segment to its own attacks; both must be close."""
    begin = int(segment.start * attacks.rate)
    part = Attacks(attacks.strength[begin : int(segment.end * attacks.rate)], attacks.rate)
    origin = begin / attacks.rate
    pulse = refine_pulse(
        part.all_bands(), segment.period, (segment.downbeat - origin) % segment.period
    )
    count = round((segment.downbeat - origin - pulse.offset) / pulse.period)
    return attrs.evolve(
        segment,
        period=pulse.period,
        downbeat=origin + pulse.offset + count * pulse.period,
        deviation=pulse.deviation,
    )


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
        after = BAR_BEATS * round(gap / BAR_BEATS)
        for reach in range(1, 2 * BAR_BEATS):
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
