"""Onset strength per frequency band, from band energies on a regular frame grid."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.frames import frame_blocks, frame_count
from djtrans.plugins.analyzers.signals import Signal

#: Edges of the bands in Hz; the first two contain kick and bass.
BAND_EDGES_HZ = (30.0, 150.0, 400.0, 1000.0, 2500.0, 6000.0, 11000.0)
#: Number of low bands, which have double weight in the tempo.
LOW_BANDS = 2

_WINDOW_SECONDS = 0.023
#: Fraction of the mean energy that counts as silence, so that noise floors have no onsets.
_FLOOR = 1e-5
_BLOCK = 2048
#: Frames whose rise is computed at once.
_RISE_BLOCK = 1 << 17


@attrs.frozen(eq=False)
class BandEnergies:
    """Energy per frame and band.

    Attributes
    ----------
    energy : ndarray of float32
        ``[frames, bands]``, the mean power of each band in the window around frame ``i``, whose
        centre lies at ``i / frame_rate`` seconds.
    frame_rate : float
        Frames per second.
    """

    energy: NDArray[np.float32]
    frame_rate: float


def band_energies(mono: Signal, sample_rate: int, hop_seconds: float) -> BandEnergies:
    """Compute the short-time energy in the bands of :data:`BAND_EDGES_HZ`.

    Parameters
    ----------
    mono : Signal
        ``[samples]``.
    sample_rate : int
        Sample rate in Hz. Bands above half of it are omitted.
    hop_seconds : float
        Time between frames; rounded to whole samples.

    Returns
    -------
    BandEnergies
    """
    hop = max(1, round(sample_rate * hop_seconds))
    size = 1 << round(np.log2(sample_rate * _WINDOW_SECONDS))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    freqs = np.fft.rfftfreq(size, 1.0 / sample_rate)
    members = [(freqs >= low) & (freqs < high) for low, high in pairwise(BAND_EDGES_HZ)]
    weights = np.array([m for m in members if m.any()], dtype=np.float32).T
    weights /= np.float32(np.sum(window) ** 2 / 4)
    energy = np.empty((frame_count(len(mono), hop), weights.shape[1]), dtype=np.float32)
    for start, frames in frame_blocks(mono, size, hop, _BLOCK):
        spectrum = scipy.fft.rfft(frames * window, axis=1)
        energy[start : start + _BLOCK] = (spectrum.real**2 + spectrum.imag**2) @ weights
    return BandEnergies(energy, sample_rate / hop)


@attrs.frozen(eq=False)
class Onsets:
    """Rise of the log energy per band, standardised: computed where it is read.

    The logarithm gives a quiet break the weight of a loud drop; every band has mean 0 and
    deviation 1 (all zeros if it is constant).

    Attributes
    ----------
    energy : ndarray
        ``[frames, bands]`` of :func:`band_energies`.
    floor : ndarray
        ``[bands]``, energy that counts as silence.
    mean, deviation : ndarray
        ``[bands]``, of the rise.
    """

    energy: NDArray[np.float32]
    floor: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.energy)

    def __getitem__(self, part: slice) -> NDArray[np.float64]:
        """Return the onsets of some frames, ``[frames, bands]``."""
        start, stop, _ = part.indices(len(self.energy))
        onsets = _rise(self.energy, self.floor, start, stop)
        onsets -= self.mean
        onsets /= self.deviation
        return onsets

    def bands(self) -> Iterator[NDArray[np.float64]]:
        """Yield the onsets of each band, ``[frames]``."""
        for band in range(self.energy.shape[1]):
            one = slice(band, band + 1)
            part = Onsets(self.energy[:, one], self.floor[one], self.mean[one], self.deviation[one])
            yield part[:][:, 0]


def onset_strength(bands: BandEnergies) -> Onsets:
    """Compute the onsets of a signal from its band energies."""
    energy = bands.energy
    floor = _FLOOR * energy.mean(axis=0, dtype=np.float64) + 1e-20
    starts = range(0, len(energy), _RISE_BLOCK)
    total, squares = np.zeros((2, energy.shape[1]))
    for start in starts:
        total += _rise(energy, floor, start, start + _RISE_BLOCK).sum(axis=0)
    mean = total / len(energy)
    for start in starts:
        rise = _rise(energy, floor, start, start + _RISE_BLOCK)
        squares += np.square(rise - mean).sum(axis=0)
    deviation = np.sqrt(squares / len(energy))
    return Onsets(energy, floor, mean, np.where(deviation > 0, deviation, 1.0))


def _rise(
    energy: NDArray[np.float32], floor: NDArray[np.float64], start: int, stop: int
) -> NDArray[np.float64]:
    """Compute the rise of the log energy of each frame above the one before it."""
    level = np.log10(energy[max(0, start - 1) : stop] + floor)
    rise = np.diff(level, axis=0, prepend=level[:1]) if start == 0 else np.diff(level, axis=0)
    return np.asarray(np.maximum(rise, 0.0))


def mixed_bands(onsets: Onsets) -> NDArray[np.float64]:
    """Average the onsets over all bands with double weight of the low ones, ``[frames]``."""
    weights = np.ones(onsets.energy.shape[1])
    weights[:LOW_BANDS] = 2.0
    mixed = np.zeros(len(onsets))
    for weight, band in zip(weights / weights.sum(), onsets.bands(), strict=True):
        mixed += weight * band
    return mixed
