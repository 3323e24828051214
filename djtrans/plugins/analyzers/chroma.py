"""Chroma from spectral peaks, corrected for the tuning of the track."""

from __future__ import annotations

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.frames import frame_blocks
from djtrans.plugins.analyzers.signals import Signal

_HOP_SECONDS = 0.1
_WINDOW_SECONDS = 0.37
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 1800.0
_BLOCK = 256


@attrs.frozen(eq=False)
class _Peaks:
    """Spectral peaks of a block of frames: small, as those of a whole track wait for the tuning.

    Attributes
    ----------
    count : ndarray
        ``[frames]``, number of peaks of each frame.
    column, shift, level : ndarray
        ``[peaks]``: spectral bin, distance from its middle, and log magnitude.
    resolution : float
        Width of a bin in Hz.
    """

    count: NDArray[np.int64]
    column: NDArray[np.uint16]
    shift: NDArray[np.float32]
    level: NDArray[np.float32]
    resolution: float

    @property
    def pitch(self) -> NDArray[np.float64]:
        """Pitch in semitones; A = 440 Hz is 69."""
        freq = (self.column.astype(np.int64) + self.shift) * self.resolution
        return np.asarray(69.0 + 12.0 * np.log2(freq / 440.0))

    @property
    def weight(self) -> NDArray[np.float64]:
        """Square root of the magnitude, which keeps the bass from dominating the chords."""
        return np.exp(0.5 * self.level.astype(np.float64))


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
    hop = max(1, round(_HOP_SECONDS * sample_rate))
    size = 1 << round(np.log2(_WINDOW_SECONDS * sample_rate))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    low = max(2, int(_LOWEST_HZ * size / sample_rate))
    high = min(int(_HIGHEST_HZ * size / sample_rate), size // 2 - 2)
    blocks = []
    phasor = 0j
    for _, frames in frame_blocks(mono, size, hop, _BLOCK):
        spectrum = scipy.fft.rfft(frames * window, axis=1)
        level = np.log(np.abs(spectrum[:, low - 1 : high + 2]) + 1e-9)
        here, left, right = level[:, 1:-1], level[:, :-2], level[:, 2:]
        row, column = np.nonzero((here > left) & (here >= right) & (here > here.max() - 9.0))
        peak, lower, upper = (part[row, column] for part in (here, left, right))
        shift = 0.5 * (lower - upper) / np.minimum(lower - 2 * peak + upper, -1e-9)
        count = np.bincount(row, minlength=len(frames))
        peaks = _Peaks(count, (column + low).astype(np.uint16), shift, peak, sample_rate / size)
        phasor += complex(np.sum(peaks.weight * np.exp(2j * np.pi * peaks.pitch)))
        blocks.append(peaks)
    tuning = float(np.angle(phasor) / (2 * np.pi))
    strength = np.concatenate([_strength(peaks, tuning) for peaks in blocks])
    return Chroma(strength, sample_rate / hop, tuning)


def _strength(peaks: _Peaks, tuning: float) -> NDArray[np.float64]:
    """Sum the peaks of a block by pitch class, ``[frames, 12]``."""
    tuned = peaks.pitch - tuning
    semitone = np.round(tuned)
    closeness = np.cos(np.pi * np.clip(tuned - semitone, -0.5, 0.5)) ** 2
    frame = np.repeat(np.arange(len(peaks.count)), peaks.count)
    index = frame * 12 + (semitone.astype(np.int64) % 12)
    sums = np.bincount(index, peaks.weight * closeness, minlength=len(peaks.count) * 12)
    return np.asarray(sums, dtype=np.float64).reshape(-1, 12)


def chroma_per_slot(
    chroma: Chroma, first: float, slot_seconds: float, slots: int
) -> NDArray[np.float64]:
    """Interpolate the chroma at the middle of each slot, ``[slots, 12]``."""
    times = first + (np.arange(slots) + 0.5) * slot_seconds
    frames = np.arange(len(chroma.strength)) / chroma.frame_rate
    return np.stack([np.interp(times, frames, column) for column in chroma.strength.T], axis=1)
