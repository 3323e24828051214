"""Following a tempo that drifts.

Where one tempo does not explain a track (a live drummer, a worn turntable, a change of tempo), its
beats are followed through it in two steps. A *path* through the local tempos repeats the onsets
best without jumping about; it is the best of all sequences, found by dynamic programming. Added
up, it gives beats that are right in number and wander by some hundredths of a second. Then *bars
are laid over bars*: each is slid along the bars one, two, four and eight later, and the positions
that agree best with all these slides take the wandering out. Where there is nothing to lay over
(a break without drums), they lie on the smoothest way across.

What comes out knows neither the beat's phase nor the one: see
:mod:`~djtrans.plugins.analyzers.straighten`.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Length of the excerpts in which a tempo is looked for, and the step between them.
_EXCERPT_SECONDS, _STEP_SECONDS = 8.0, 1.0
#: Ratio of neighbouring tempos in the search.
_TEMPO_STEP = 0.005
#: An excerpt repeats itself after so many beats, each with its weight.
_REPEATS = ((1, 0.5), (2, 1.0), (4, 1.5), (8, 1.0))
#: A step of the path costs as much likeness per grid step, up to the cost of a jump.
_STEP_COST, _JUMP_COST = 0.02, 0.5
_PRIOR_OCTAVES = 0.9
#: Bars of four beats are compared in steps of so many to a beat, so many bars apart.
_STEPS_PER_BEAT, _BAR_BEATS = 96, 4
_APART_BARS = (1, 2, 4, 8)
#: How far a bar is slid, in beats, in each round.
_REACH_BEATS = (0.4, 0.15, 0.06)
#: Weight of a smooth way against what the bars say, and the slide (in beats) that counts half.
_STIFFNESS, _HALF_BEATS = 0.3, 0.06


def follow_beats(
    onsets: Floats, frame_rate: float, min_bpm: float, max_bpm: float, preferred_bpm: float
) -> Floats:
    """How many beats have gone by at each frame of a track of drifting tempo.

    Parameters
    ----------
    onsets : ndarray
        ``[frames, bands]`` of :func:`~djtrans.plugins.analyzers.onsets.onset_strength`.
    frame_rate : float
        Frames per second.
    min_bpm, max_bpm, preferred_bpm : float
        As in :func:`~djtrans.plugins.analyzers.tempo.find_tempo`.

    Returns
    -------
    ndarray
        ``[frames]``, increasing from 0, up to a constant that is not known.
    """
    periods = _local_periods(onsets, frame_rate, min_bpm, max_bpm, preferred_bpm)
    position = np.concatenate([[0.0], np.cumsum(1.0 / (periods * frame_rate))[:-1]])
    for reach in _REACH_BEATS:
        position = _laid_over(onsets, position, reach)
    return position


def _local_periods(
    onsets: Floats, frame_rate: float, min_bpm: float, max_bpm: float, preferred_bpm: float
) -> Floats:
    """Seconds per beat at each frame."""
    bpm = np.exp(np.arange(np.log(min_bpm), np.log(max_bpm), _TEMPO_STEP))
    prior = np.exp(-0.5 * (np.log2(bpm / preferred_bpm) / _PRIOR_OCTAVES) ** 2)
    size = min(len(onsets), round(_EXCERPT_SECONDS * frame_rate))
    starts = np.arange(0, len(onsets) - size + 1, round(_STEP_SECONDS * frame_rate))
    likeness = np.stack([_likeness(onsets[s : s + size], frame_rate, bpm) for s in starts]) * prior
    path = _path(likeness)
    return np.interp(np.arange(len(onsets)), starts + size / 2, 60.0 / bpm[path])


def _likeness(excerpt: Floats, frame_rate: float, bpm: Floats) -> Floats:
    """How alike an excerpt is to itself some beats later, for each tempo."""
    frames = len(excerpt)
    shape = excerpt - excerpt.mean(axis=0)
    size = scipy.fft.next_fast_len(2 * frames, real=True)
    spectrum = scipy.fft.rfft(shape, size, axis=0)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=1)
    correlation = scipy.fft.irfft(power, size)[:frames]
    correlation /= max(float(correlation[0]), 1e-12)
    correlation /= np.maximum(1.0 - np.arange(frames) / frames, 0.25)
    # As wide as neighbouring tempos lie apart at the longest repeat.
    correlation = np.convolve(correlation, (0.1, 0.2, 0.4, 0.2, 0.1), "same")
    total, weights = np.zeros_like(bpm), np.zeros_like(bpm)
    for beats, weight in _REPEATS:
        lag = beats * 60.0 / bpm * frame_rate
        usable = lag < 0.6 * frames
        total += np.where(usable, weight * np.interp(lag, np.arange(frames), correlation), 0.0)
        weights += weight * usable
    return np.maximum(total / np.maximum(weights, 1e-9), 0.0)


def _path(likeness: Floats) -> NDArray[np.int64]:
    """The best sequence of tempos: likeness won, less what its steps cost."""
    count = likeness.shape[1]
    apart = np.abs(np.arange(count)[:, None] - np.arange(count)[None, :])
    cost = np.minimum(_STEP_COST * apart, _JUMP_COST)
    best = likeness[0].copy()
    came_from = np.zeros(likeness.shape, dtype=np.int64)
    for index, row in enumerate(likeness[1:], start=1):
        options = best[None, :] - cost
        came_from[index] = np.argmax(options, axis=1)
        best = row + np.max(options, axis=1)
    path = np.empty(len(likeness), dtype=np.int64)
    path[-1] = int(np.argmax(best))
    for index in range(len(likeness) - 1, 0, -1):
        path[index - 1] = came_from[index, path[index]]
    return path


def _laid_over(onsets: Floats, position: Floats, reach_beats: float) -> Floats:
    """Positions corrected so that bars lie over the bars that they repeat."""
    size = _BAR_BEATS * _STEPS_PER_BEAT
    bars = int(position[-1] / _BAR_BEATS)
    if bars < 3:
        return position
    frame = np.interp(np.arange(bars * size) / _STEPS_PER_BEAT, position, np.arange(len(position)))
    even = np.stack(
        [np.interp(frame, np.arange(len(onsets)), band) for band in onsets.T], axis=1
    ).reshape(bars, size, -1)
    even -= even.mean(axis=1, keepdims=True)
    reach = round(reach_beats * _STEPS_PER_BEAT)
    padded = scipy.fft.next_fast_len(size + reach + 1, real=True)
    spectra = scipy.fft.rfft(even, padded, axis=1)
    energy = np.maximum((even**2).sum(axis=(1, 2)), 1e-9)
    first, second, slides, weights = [], [], [], []
    for apart in _APART_BARS:
        for bar in range(bars - apart):
            product = (spectra[bar].conj() * spectra[bar + apart]).sum(axis=1)
            match = scipy.fft.irfft(product, padded)
            around = np.concatenate([match[-reach:], match[: reach + 1]])
            peak = int(np.argmax(around))
            if not 0 < peak < 2 * reach:
                continue
            left, here, right = around[peak - 1 : peak + 2]
            bend = left - 2 * here + right
            fine = 0.5 * (left - right) / bend if bend < 0 else 0.0
            first.append(bar)
            second.append(bar + apart)
            slides.append((peak - reach + fine) / _STEPS_PER_BEAT)
            weights.append(max(0.0, here) / np.sqrt(energy[bar] * energy[bar + apart]))
    if not first:
        return position
    late = _agreed(
        bars, np.array(first), np.array(second), np.array(slides), np.array(weights) ** 2
    )
    centres = (np.arange(bars) + 0.5) * _BAR_BEATS
    corrected = position - np.interp(position, centres, late)
    # A correction never turns time back, however wrong it is.
    return np.maximum.accumulate(corrected) + 1e-9 * np.arange(len(corrected))


def _agreed(
    bars: int,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    slides: Floats,
    weights: Floats,
) -> Floats:
    """How late each bar is, in beats: by robust least squares over all pairs of bars."""
    bend = np.diff(np.eye(bars), 2, axis=0)
    smooth = _STIFFNESS * bend.T @ bend + 1e-6 * np.eye(bars)
    late: Floats = np.zeros(bars)
    robust = weights
    for _ in range(8):
        system = smooth.copy()
        np.add.at(system, (first, first), robust)
        np.add.at(system, (second, second), robust)
        np.add.at(system, (first, second), -robust)
        np.add.at(system, (second, first), -robust)
        right = np.zeros(bars)
        np.add.at(right, second, robust * slides)
        np.add.at(right, first, -robust * slides)
        late = np.asarray(np.linalg.solve(system, right), dtype=np.float64)
        miss = late[second] - late[first] - slides
        robust = weights / (1.0 + (miss / _HALF_BEATS) ** 2)
    return late
