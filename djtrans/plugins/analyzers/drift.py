"""Track the beats of a drifting tempo.

Tracks without a constant tempo (a live drummer, a worn turntable, a tempo change) are tracked in
two steps. First, dynamic programming finds the *tempo path* with the best self-similarity of the
onsets and few jumps. Its integral has the right number of beats, with errors of some 10 ms.
Second, *bar alignment* removes these: each bar is cross-correlated with the bars one, two, four and
eight later, and least squares finds the positions that agree best with all lags. Where nothing can
be aligned (a break without drums), positions are interpolated smoothly.

The result has neither beat phase nor downbeat: see :mod:`~djtrans.plugins.analyzers.time_warp`.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import scipy.fft
import scipy.linalg
from numpy.typing import NDArray

from djtrans.plugins.analyzers.onsets import Onsets

Floats = NDArray[np.float64]

#: Length of the excerpts whose tempo is estimated, and the hop between them.
_EXCERPT_SECONDS, _STEP_SECONDS = 8.0, 1.0
#: Ratio of neighbouring tempos in the search.
_TEMPO_STEP = 0.005
#: Lags in beats at which an excerpt repeats itself, with their weights.
_REPEATS = ((1, 0.5), (2, 1.0), (4, 1.5), (8, 1.0))
#: Cost of a tempo change per grid step, and its maximum, in units of similarity.
_STEP_COST, _JUMP_COST = 0.02, 0.5
_PRIOR_OCTAVES = 0.9
#: Resolution of the bar alignment, beats per bar, and lags in bars.
_STEPS_PER_BEAT, _BAR_BEATS = 96, 4
_APART_BARS = (1, 2, 4, 8)
#: Maximum lag of the bar alignment in each iteration, in beats.
_REACH_BEATS = (0.4, 0.15, 0.06)
#: Weight of smoothness, and the residual (in beats) at which a lag has half its weight.
_STIFFNESS, _HALF_BEATS = 0.3, 0.06


def follow_beats(
    onsets: Onsets, frame_rate: float, min_bpm: float, max_bpm: float, preferred_bpm: float
) -> Floats:
    """Track the beat position of each frame of a track of drifting tempo.

    Parameters
    ----------
    onsets : Onsets
        Of the signal.
    frame_rate : float
        Frames per second.
    min_bpm, max_bpm, preferred_bpm : float
        As in :func:`~djtrans.plugins.analyzers.tempo.find_tempo`.

    Returns
    -------
    ndarray
        ``[frames]``, in beats, increasing from 0; the beat phase is unknown.
    """
    periods = tempo_path(onsets, frame_rate, min_bpm, max_bpm, preferred_bpm)
    position = np.concatenate([[0.0], np.cumsum(1.0 / (periods * frame_rate))[:-1]])
    for reach in _REACH_BEATS:
        position = _align_bars(onsets, position, reach)
    return position


def tempo_path(
    onsets: Onsets, frame_rate: float, min_bpm: float, max_bpm: float, preferred_bpm: float
) -> Floats:
    """Estimate the seconds per beat at each frame.

    Parameters are those of :func:`follow_beats`.

    Returns
    -------
    ndarray
        ``[frames]``.
    """
    bpm = np.exp(np.arange(np.log(min_bpm), np.log(max_bpm), _TEMPO_STEP))
    prior = np.exp(-0.5 * (np.log2(bpm / preferred_bpm) / _PRIOR_OCTAVES) ** 2)
    size = min(len(onsets), round(_EXCERPT_SECONDS * frame_rate))
    starts = np.arange(0, len(onsets) - size + 1, round(_STEP_SECONDS * frame_rate))
    similarity = (
        np.stack([_similarity(onsets[s : s + size], frame_rate, bpm) for s in starts]) * prior
    )
    path = _path(similarity)
    return np.interp(np.arange(len(onsets)), starts + size / 2, 60.0 / bpm[path])


def _similarity(excerpt: Floats, frame_rate: float, bpm: Floats) -> Floats:
    """Compute the self-similarity of an excerpt at lags of some beats, for each tempo."""
    frames = len(excerpt)
    shape = excerpt - excerpt.mean(axis=0)
    size = scipy.fft.next_fast_len(2 * frames, real=True)
    spectrum = scipy.fft.rfft(shape, size, axis=0)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=1)
    correlation = scipy.fft.irfft(power, size)[:frames]
    correlation /= max(float(correlation[0]), 1e-12)
    correlation /= np.maximum(1.0 - np.arange(frames) / frames, 0.25)
    # As wide as the distance of neighbouring tempos at the longest lag.
    correlation = np.convolve(correlation, (0.1, 0.2, 0.4, 0.2, 0.1), "same")
    total, weights = np.zeros_like(bpm), np.zeros_like(bpm)
    for beats, weight in _REPEATS:
        lag = beats * 60.0 / bpm * frame_rate
        usable = lag < 0.6 * frames
        total += np.where(usable, weight * np.interp(lag, np.arange(frames), correlation), 0.0)
        weights += weight * usable
    return np.maximum(total / np.maximum(weights, 1e-9), 0.0)


def _path(similarity: Floats) -> NDArray[np.int64]:
    """Find the sequence of tempos with the highest similarity less the cost of its changes."""
    count = similarity.shape[1]
    apart = np.abs(np.arange(count)[:, None] - np.arange(count)[None, :])
    cost = np.minimum(_STEP_COST * apart, _JUMP_COST)
    best = similarity[0].copy()
    came_from = np.zeros(similarity.shape, dtype=np.int64)
    for index, row in enumerate(similarity[1:], start=1):
        options = best[None, :] - cost
        came_from[index] = np.argmax(options, axis=1)
        best = row + np.max(options, axis=1)
    path = np.empty(len(similarity), dtype=np.int64)
    path[-1] = int(np.argmax(best))
    for index in range(len(similarity) - 1, 0, -1):
        path[index - 1] = came_from[index, path[index]]
    return path


def _align_bars(onsets: Onsets, position: Floats, reach_beats: float) -> Floats:
    """Correct positions so that bars align with the bars that they repeat."""
    size = _BAR_BEATS * _STEPS_PER_BEAT
    bars = int(position[-1] / _BAR_BEATS)
    if bars < 3:
        return position
    reach = round(reach_beats * _STEPS_PER_BEAT)
    padded = scipy.fft.next_fast_len(size + reach + 1, real=True)
    first, second, lags, weights = [], [], [], []
    # Only as many bars are held as are compared.
    recent: deque[tuple[NDArray[np.complex128], float]] = deque(maxlen=max(_APART_BARS))
    frames = np.arange(len(position), dtype=np.float64)
    for bar in range(bars):
        beats = np.arange(bar * size, (bar + 1) * size) / _STEPS_PER_BEAT
        even = _onsets_at(onsets, np.interp(beats, position, frames))
        even -= even.mean(axis=0)
        spectrum = scipy.fft.rfft(even, padded, axis=0)
        energy = max(float((even**2).sum()), 1e-9)
        for apart in _APART_BARS:
            if apart > bar:
                continue
            earlier, earlier_energy = recent[-apart]
            match = scipy.fft.irfft((earlier.conj() * spectrum).sum(axis=1), padded)
            around = np.concatenate([match[-reach:], match[: reach + 1]])
            peak = int(np.argmax(around))
            if not 0 < peak < 2 * reach:
                continue
            left, here, right = around[peak - 1 : peak + 2]
            curvature = left - 2 * here + right
            fine = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
            first.append(bar - apart)
            second.append(bar)
            lags.append((peak - reach + fine) / _STEPS_PER_BEAT)
            weights.append(max(0.0, here) / np.sqrt(earlier_energy * energy))
        recent.append((spectrum, energy))
    if not first:
        return position
    delay = _bar_delays(
        bars, np.array(first), np.array(second), np.array(lags), np.array(weights) ** 2
    )
    centres = (np.arange(bars) + 0.5) * _BAR_BEATS
    corrected = position - np.interp(position, centres, delay)
    # Positions stay monotonic, however wrong a correction is.
    return np.maximum.accumulate(corrected) + 1e-9 * np.arange(len(corrected))


def _onsets_at(onsets: Onsets, frames: Floats) -> Floats:
    """Interpolate the onsets at increasing fractional frames, ``[points, bands]``."""
    below = np.minimum(frames.astype(np.int64), len(onsets) - 2)
    share = (frames - below)[:, None]
    begin = int(below[0])
    near = onsets[begin : int(below[-1]) + 2]
    below -= begin
    return np.asarray(near[below] + (near[below + 1] - near[below]) * share)


def _bar_delays(
    bars: int,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    lags: Floats,
    weights: Floats,
) -> Floats:
    """Estimate the delay of each bar in beats by robust least squares over pairs of bars."""
    # Symmetric and banded, as bars are compared with near ones only: row `d` is the diagonal `d`
    # below the main one, so that neither memory nor time grow with the square of the length.
    smooth = np.zeros((min(max(_APART_BARS), bars - 1) + 1, bars))
    smooth[0] = 1e-6
    curvature = (1.0, -2.0, 1.0)
    for i, j in zip(*np.tril_indices(3), strict=True):
        smooth[i - j, j : j + bars - 2] += _STIFFNESS * curvature[i] * curvature[j]
    delay: Floats = np.zeros(bars)
    robust = weights
    for _ in range(8):
        system = smooth.copy()
        np.add.at(system[0], first, robust)
        np.add.at(system[0], second, robust)
        np.add.at(system, (second - first, first), -robust)
        right = np.zeros(bars)
        np.add.at(right, second, robust * lags)
        np.add.at(right, first, -robust * lags)
        delay = np.asarray(scipy.linalg.solveh_banded(system, right, lower=True), dtype=np.float64)
        error = delay[second] - delay[first] - lags
        robust = weights / (1.0 + (error / _HALF_BEATS) ** 2)
    return delay
