"""Find where the beats of a track of one tempo jump.

The mean attacks of the eight bars before each bar line are compared with those of the eight bars
after it. Where they agree at another lag much better than at none, the bars start at that lag from
there on.
"""

from __future__ import annotations

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.segment import (
    BAR_BEATS,
    BAR_STEPS,
    STEPS_PER_BEAT,
    Segment,
    bar_attacks,
    refined,
)
from djtrans.plugins.analyzers.tempo import autocorrelation

Floats = NDArray[np.float64]

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


def split_at_jumps(attacks: Attacks, segment: Segment) -> list[Segment]:
    """Divide a segment where its bars jump.

    Parameters
    ----------
    attacks : Attacks
        Attacks of the track.
    segment : Segment
        Part of the track with one tempo.

    Returns
    -------
    list of Segment
        In order of time, each with beats of its own; the segment itself if nothing jumps.
    """
    even = attrs.evolve(segment, period=_near_period(attacks, segment))
    bars, first = bar_attacks(attacks, even)
    excess, lag = _jumps(bars)
    if not excess.any() or excess.max() < _MIN_EXCESS:
        return [segment]
    bar = int(np.argmax(excess))
    at = even.downbeat + (first + bar) * BAR_BEATS * even.period
    moved = even.downbeat + lag[bar] / STEPS_PER_BEAT * even.period
    parts = (attrs.evolve(even, end=at), attrs.evolve(even, start=at, downbeat=moved))
    return [piece for part in parts for piece in split_at_jumps(attacks, refined(attacks, part))]


def _near_period(attacks: Attacks, segment: Segment) -> float:
    """Estimate the period from bars at most 16 apart: a jump does not affect it, unlike a fit."""
    onset = attacks.strength[
        int(segment.start * attacks.rate) : int(segment.end * attacks.rate)
    ].sum(axis=1, dtype=np.float64)
    onset = np.sqrt(onset) - np.sqrt(onset).mean()
    period = segment.period
    reach = _NEAR_FRACTION * _NEAR_BARS[0] * BAR_BEATS * period
    longest = int((_NEAR_BARS[-1] * BAR_BEATS * period + 1.0) * attacks.rate)
    match = autocorrelation(onset, min(longest, len(onset)))
    smooth = np.convolve(match, _NEAR_KERNEL, "same")
    for bars in _NEAR_BARS:
        beats = bars * BAR_BEATS
        low, high = (int((beats * period + side * reach) * attacks.rate) for side in (-1, 1))
        if 2 * high >= len(onset):
            break
        period = (low + float(np.argmax(smooth[low : high + 2]))) / attacks.rate / beats
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
            lag[bar] = (best + BAR_STEPS // 2) % BAR_STEPS - BAR_STEPS // 2
    return excess, lag


def _match(before: Floats, after: Floats) -> Floats:
    """Correlate two bars ``[steps, bands]`` at each lag of the second one."""
    spectrum = scipy.fft.rfft(after, axis=0) * scipy.fft.rfft(before, axis=0).conj()
    energy = float((before**2).sum() * (after**2).sum())
    return np.asarray(scipy.fft.irfft(spectrum.sum(axis=1), BAR_STEPS) / (np.sqrt(energy) + 1e-9))
