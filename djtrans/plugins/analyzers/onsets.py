"""Onset strength per frequency band, from band energies on a regular frame grid."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.frames import frame_blocks, frame_count

#: Edges of the bands in Hz; the first two contain kick and bass.
BAND_EDGES_HZ = (30.0, 150.0, 400.0, 1000.0, 2500.0, 6000.0, 11000.0)
#: Number of low bands, which have double weight in the tempo.
LOW_BANDS = 2

_WINDOW_SECONDS = 0.023
#: Fraction of the mean energy that counts as silence, so that noise floors have no onsets.
_FLOOR = 1e-5
_BLOCK = 2048


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


def band_energies(mono: NDArray[np.float32], sample_rate: int, hop_seconds: float) -> BandEnergies:
    """Compute the short-time energy in the bands of :data:`BAND_EDGES_HZ`.

    Parameters
    ----------
    mono : ndarray of float32
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


def onset_strength(bands: BandEnergies) -> NDArray[np.float64]:
    """Compute the rise of the log energy per band, standardised.

    The logarithm gives a quiet break the weight of a loud drop; every band has mean 0 and
    deviation 1 (all zeros if it is constant).

    Parameters
    ----------
    bands : BandEnergies
        Band energies of the signal.

    Returns
    -------
    ndarray of float64
        ``[frames, bands]``.
    """
    energy = bands.energy.astype(np.float64)
    level = np.log10(energy + _FLOOR * energy.mean(axis=0) + 1e-20)
    rise = np.maximum(np.diff(level, axis=0, prepend=level[:1]), 0.0)
    rise -= rise.mean(axis=0)
    deviation = rise.std(axis=0)
    standardised: NDArray[np.float64] = rise / np.where(deviation > 0, deviation, 1.0)
    return standardised


def mixed_bands(onsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average the onsets over all bands with double weight of the low ones, ``[frames]``."""
    weights = np.ones(onsets.shape[1])
    weights[:LOW_BANDS] = 2.0
    mixed: NDArray[np.float64] = onsets @ (weights / weights.sum())
    return mixed
