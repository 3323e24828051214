"""Chroma from spectral peaks, corrected for the tuning of the track."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.frames import frame_blocks, frame_count
from djtrans.plugins.analyzers.signals import Signal

_HOP_SECONDS = 0.1
_WINDOW_SECONDS = 0.37
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 1800.0
_BLOCK = 256


@attrs.frozen(eq=False)
class Chroma:
    """Strength of the pitch classes over time.

    Attributes
    ----------
    strength : ndarray of float64
        ``[frames, 12]``, C first; the square root of the energy of spectral peaks.
    frame_rate : float
        Frames per second.
    tuning_semitones : float
        Deviation of the tuning from A = 440 Hz, within half a semitone.
    """

    strength: NDArray[np.float64]
    frame_rate: float
    tuning_semitones: float


def find_chroma(mono: Signal, sample_rate: int) -> Chroma:
    """Compute the chroma of a mono signal from the peaks of a long-window spectrum.

    Only local maxima with interpolated frequency count, which excludes drums and leakage into
    neighbouring semitones.

    Parameters
    ----------
    mono : Signal
        ``[samples]``.
    sample_rate : int
        Sample rate in Hz.

    Returns
    -------
    Chroma
    """
    # Twice through the track: the peaks take more memory than time.
    phasor = 0j
    for _, pitch, weight, _ in _peaks(mono, sample_rate):
        phasor += complex(np.sum(weight * np.exp(2j * np.pi * pitch)))
    tuning = float(np.angle(phasor) / (2 * np.pi))
    hop = _hop(sample_rate)
    strength = np.empty((frame_count(len(mono), hop), 12))
    start = 0
    for row, pitch, weight, count in _peaks(mono, sample_rate):
        tuned = pitch - tuning
        semitone = np.round(tuned)
        closeness = np.cos(np.pi * np.clip(tuned - semitone, -0.5, 0.5)) ** 2
        index = row * 12 + (semitone.astype(np.int64) % 12)
        sums = np.bincount(index, weight * closeness, minlength=count * 12)
        strength[start : start + count] = sums.reshape(count, 12)
        start += count
    return Chroma(strength, sample_rate / hop, tuning)


def _hop(sample_rate: int) -> int:
    return max(1, round(_HOP_SECONDS * sample_rate))


def _peaks(
    mono: Signal, sample_rate: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], int]]:
    """Yield frame, pitch in semitones and weight of the peaks of each block, and its length."""
    size = 1 << round(np.log2(_WINDOW_SECONDS * sample_rate))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    low = max(2, int(_LOWEST_HZ * size / sample_rate))
    high = min(int(_HIGHEST_HZ * size / sample_rate), size // 2 - 2)
    for _, frames in frame_blocks(mono, size, _hop(sample_rate), _BLOCK):
        spectrum = scipy.fft.rfft(frames * window, axis=1)
        level = np.log(np.abs(spectrum[:, low - 1 : high + 2]) + 1e-9)
        here, left, right = level[:, 1:-1], level[:, :-2], level[:, 2:]
        row, column = np.nonzero((here > left) & (here >= right) & (here > here.max() - 9.0))
        peak, lower, upper = (part[row, column] for part in (here, left, right))
        shift = 0.5 * (lower - upper) / np.minimum(lower - 2 * peak + upper, -1e-9)
        freq = (column + low + shift) * sample_rate / size
        # The square root of the magnitude keeps the bass from dominating the chords.
        weight = np.exp(0.5 * peak.astype(np.float64))
        yield row, 69.0 + 12.0 * np.log2(freq / 440.0), weight, len(frames)


def chroma_per_slot(
    chroma: Chroma, first: float, slot_seconds: float, slots: int
) -> NDArray[np.float64]:
    """Interpolate the chroma at the middle of each slot, ``[slots, 12]``."""
    times = first + (np.arange(slots) + 0.5) * slot_seconds
    frames = np.arange(len(chroma.strength)) / chroma.frame_rate
    return np.stack([np.interp(times, frames, column) for column in chroma.strength.T], axis=1)


def chroma_per_bar(
    strength: NDArray[np.float64], frame_rate: float, bar_times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Average the chroma over each bar.

    Parameters
    ----------
    strength : ndarray
        ``[frames, 12]``.
    frame_rate : float
        Frames per second.
    bar_times : ndarray
        ``[bars + 1]`` seconds: the start of each bar and the end of the last.

    Returns
    -------
    ndarray
        ``[bars, 12]``; 0 outside the frames.
    """
    edges = np.clip(np.round(bar_times * frame_rate), 0, len(strength)).astype(np.int64)
    bars = [strength[i:j].mean(axis=0) if i < j else np.zeros(12) for i, j in pairwise(edges)]
    return np.array(bars).reshape(len(bars), 12)
