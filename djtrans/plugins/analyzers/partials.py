"""Detection of parallel partials: pitch glides and vibrato of voices.

Spectral peaks are tracked over five frames. Peaks with a smooth frequency curve are partials; some
of them move. A voice moves all its partials by the same interval at once, while the partials of
drums and beating oscillators move independently. The window is long enough to resolve partials, so
only glides and a narrow vibrato are detected; ``pitch_motion.py`` detects a wide one.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.frames import frame_blocks, frame_count
from djtrans.plugins.analyzers.signals import Signal

_WINDOW_SECONDS = 0.093
_LOWEST_HZ, _HIGHEST_HZ = 180.0, 4000.0
#: Range of peaks below the loudest of their frame, in nepers (35 dB).
_DEPTH = 4.0
#: Curvature of the log spectrum at the peak of a steady tone under a Hann window is -1.4; a tone
#: that moves within the window has a blunter peak, noise any.
_SHARPEST, _BLUNTEST = -2.2, -0.9
#: Maximum movement of a peak from frame to frame, in cents.
_REACH_CENTS = 70.0
#: Maximum residual of a parabola through five frames, in cents or relative to their range; minimum
#: range and maximum slope of a moving partial, in cents (per frame).
_SMOOTH_CENTS, _SMOOTH_SHARE = 3.0, 0.2
_MOVED_CENTS, _STEEPEST_CENTS = 6.0, 40.0
#: Partials are parallel if their slopes fall into two neighbouring bins of this width.
_SLOPE_BIN_CENTS = 2.5
_SLOPE_BINS = 33
#: Minimum number of parallel partials, and their fraction of all moving ones.
_FEWEST, _SHARE = 4, 0.6
_BLOCK = 1024
#: Frames whose peaks are linked at once.
_PATH_FRAMES = 1 << 12
#: Larger than any pitch interval in cents, to sort peaks by frame, then by pitch.
_FRAME_STEP = 1e5

_TIMES = np.arange(-2.0, 3.0)
_PARABOLA = np.stack([np.ones(5), _TIMES, _TIMES**2], axis=1)
_FIT = np.linalg.pinv(_PARABOLA).T


def partials_move_together(signal: Signal, sample_rate: float, hop: int) -> NDArray[np.bool_]:
    """Detect frames in which four or more partials glide in parallel.

    Parameters
    ----------
    signal : Signal
        ``[samples]``.
    sample_rate : float
        Sample rate in Hz.
    hop : int
        Samples between frames, 20 ms.

    Returns
    -------
    ndarray of bool
        ``[samples // hop + 1]``; frame ``i`` is centred on sample ``i * hop``.
    """
    frames = frame_count(len(signal), hop)
    parts = []
    for start in range(0, frames, _PATH_FRAMES):
        # A path has two frames on either side of its own.
        first, stop = max(start - 2, 0), min(start + _PATH_FRAMES, frames)
        frame, cents = _peaks(signal, sample_rate, hop, first, stop + 2)
        found = _move_together(frame - first, cents, stop - first)
        parts.append(found[start - first :])
    return np.concatenate(parts)


def _move_together(
    frame: NDArray[np.int64], cents: NDArray[np.float64], frames: int
) -> NDArray[np.bool_]:
    """Detect gliding partials in the first `frames` frames among peaks sorted by frame."""
    after = _next(frame, cents)
    before = np.full(len(frame), -1)
    before[after[after >= 0]] = np.flatnonzero(after >= 0)
    path = np.stack(
        [_hop(before, before), before, np.arange(len(frame)), after, _hop(after, after)]
    )
    path = path[:, (path >= 0).all(axis=0)]
    pitch = (cents[path] - cents[path[2]]).T
    fit = pitch @ _FIT
    residual = np.sqrt(((pitch - fit @ _PARABOLA.T) ** 2).sum(axis=1) / 2)
    slope = fit[:, 1]
    moves = (
        (residual < np.maximum(_SMOOTH_CENTS, _SMOOTH_SHARE * np.ptp(pitch, axis=1)))
        & (np.ptp(pitch, axis=1) > _MOVED_CENTS)
        & (np.abs(slope) < _STEEPEST_CENTS)
    )
    slot = np.round(slope[moves] / _SLOPE_BIN_CENTS).astype(np.int64) + _SLOPE_BINS // 2
    inside = frame[path[2][moves]] < frames
    slot, moved = slot[inside], path[2][moves][inside]
    place = frame[moved] * _SLOPE_BINS + np.clip(slot, 0, _SLOPE_BINS - 1)
    count = np.bincount(place, minlength=frames * _SLOPE_BINS).reshape(frames, _SLOPE_BINS)
    together = (count[:, :-1] + count[:, 1:]).max(axis=1)
    result: NDArray[np.bool_] = (together >= _FEWEST) & (together > _SHARE * count.sum(axis=1))
    return result


def _peaks(
    signal: Signal, sample_rate: float, hop: int, first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find spectral peaks of some frames; return their frames, and their pitches in cents."""
    size = 1 << round(np.log2(_WINDOW_SECONDS * sample_rate))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    low = int(_LOWEST_HZ * size / sample_rate)
    high = int(min(_HIGHEST_HZ, 0.45 * sample_rate) * size / sample_rate)
    rows, pitches = [], []
    for start, frames in frame_blocks(signal, size, hop, _BLOCK, first, last):
        spectrum = scipy.fft.rfft(frames * window, axis=1)
        level = np.log(np.abs(spectrum[:, low - 1 : high + 2]) + 1e-7)
        here, left, right = level[:, 1:-1], level[:, :-2], level[:, 2:]
        floor = np.maximum(here.max(axis=1, keepdims=True) - _DEPTH, -6.0)
        row, column = np.nonzero((here > left) & (here >= right) & (here > floor))
        peak, lower, upper = (part[row, column] for part in (here, left, right))
        curvature = np.minimum(lower - 2 * peak + upper, -1e-9)
        tone = (curvature > _SHARPEST) & (curvature < _BLUNTEST)
        shift = 0.5 * (lower - upper)[tone] / curvature[tone]
        rows.append(row[tone] + start)
        pitches.append(1200.0 * np.log2((column[tone] + low + shift).astype(np.float64)))
    return np.concatenate(rows), np.concatenate(pitches)


def _next(frame: NDArray[np.int64], cents: NDArray[np.float64]) -> NDArray[np.int64]:
    """Find the index of the nearest peak in the following frame, -1 if none is in range."""
    order = frame * _FRAME_STEP + cents
    target = order + _FRAME_STEP
    right = np.searchsorted(order, target)
    nearest = np.full(len(order), -1)
    distance = np.full(len(order), _REACH_CENTS)
    for side in (right - 1, right):
        index = np.clip(side, 0, max(len(order) - 1, 0))
        away = np.abs(order[index] - target)
        better = away < distance
        nearest[better], distance[better] = index[better], away[better]
    return nearest


def _hop(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Follow two links; -1 where either ends."""
    return np.where(first >= 0, second[np.maximum(first, 0)], -1)
