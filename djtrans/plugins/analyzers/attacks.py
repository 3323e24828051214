"""Attack strength with millisecond resolution in three bands.

The onset frames of the tempo search are too coarse for the phase of the beat, and causal detectors
report an attack late. Attack strength compares the energy just after an instant with that just
before it, with weights that fall with distance, so that a click, a step and a decaying drum all
peak at their start. The band filters are zero-phase and thus add no delay.
"""

from __future__ import annotations

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.signals import Signal

#: Band edges in Hz, sample rate of the band, and seconds compared before and after.
_BANDS = (
    (30.0, 160.0, 1000, 0.030),
    (160.0, 2000.0, 4000, 0.012),
    (2000.0, 7500.0, 16000, 0.008),
)
#: Maximum rate in Hz at which energies are compared.
_ENERGY_RATE = 4000
RATE = 1000
#: Seconds that are filtered at once, and further ones on either side.
_BLOCK_SECONDS, _MARGIN_SECONDS = 600, 2
#: Bins whose gain is computed at once, and rows that are folded at once.
_GAIN_BINS = 1 << 18
_FOLD_ROWS = 1 << 19
#: Fraction of the mean attack of the strongest band below which a band counts as empty.
_EMPTY_BAND = 3e-3


@attrs.frozen(eq=False)
class Attacks:
    """Strength of attack per millisecond and band.

    Attributes
    ----------
    strength : ndarray of float32
        ``[milliseconds, bands]``, bands from low to high, each with mean 1 (less if nearly
        silent). Row ``i`` is at ``i / rate`` seconds.
    rate : float
        Rows per second.
    """

    strength: NDArray[np.float32]
    rate: float = float(RATE)

    def all_bands(self) -> Attacks:
        """Sum the bands to one."""
        return Attacks(self.strength.sum(axis=1, keepdims=True), self.rate)


def find_attacks(mono: Signal, sample_rate: int) -> Attacks:
    """Compute the attack strength of a mono signal.

    Parameters
    ----------
    mono : Signal
        ``[samples]``.
    sample_rate : int
        Sample rate in Hz.

    Returns
    -------
    Attacks
    """
    rows = int(len(mono) * RATE / sample_rate)
    strength = np.empty((rows, len(_BANDS)), dtype=np.float32)
    # One block for all but the longest tracks; the filters have decayed within the margin.
    for start in range(0, int(np.ceil(len(mono) / sample_rate)), _BLOCK_SECONDS):
        first = max(start - _MARGIN_SECONDS, 0)
        last = start + _BLOCK_SECONDS + _MARGIN_SECONDS
        block = _block_attacks(mono[first * sample_rate : last * sample_rate], sample_rate)
        lead = (start - first) * RATE
        target = strength[start * RATE : (start + _BLOCK_SECONDS) * RATE]
        target[:] = block[lead : lead + len(target)]
    mean = strength.mean(axis=0, dtype=np.float64)
    # A nearly empty band contains only rounding errors, which must not be amplified.
    floor = max(_EMPTY_BAND * float(mean.max()), 1e-12)
    strength /= np.maximum(mean, floor).astype(np.float32)
    return Attacks(strength)


def _block_attacks(mono: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Compute the rise of the energy per millisecond and band, ``[milliseconds, bands]``."""
    samples = len(mono)
    # A length of whole seconds puts every band rate on whole FFT bins.
    seconds = scipy.fft.next_fast_len(int(np.ceil(samples / sample_rate)) + 1, real=True)
    padded = np.zeros(seconds * sample_rate, dtype=np.float32)
    padded[:samples] = mono
    spectrum = scipy.fft.rfft(padded)
    del padded, mono
    rows = int(samples * RATE / sample_rate)
    columns = []
    for low, high, rate, window in _BANDS:
        bins = min(seconds * rate // 2, len(spectrum) - 1)
        shaped = np.zeros(seconds * rate // 2 + 1, dtype=np.complex64)
        for start in range(0, bins, _GAIN_BINS):
            part = slice(start, min(start + _GAIN_BINS, bins))
            freqs = np.arange(part.start, part.stop) / seconds
            shaped[part] = spectrum[part] * _band_gain(freqs, low, min(high, 0.45 * sample_rate))
        signal = scipy.fft.irfft(shaped, seconds * rate, overwrite_x=True)
        del shaped
        signal *= rate / sample_rate
        columns.append(_rise(*_energy(signal, rate), window)[:rows])
    return np.stack(columns, axis=1)


def _band_gain(freqs: NDArray[np.float64], low: float, high: float) -> NDArray[np.float32]:
    safe = np.maximum(freqs, 1e-3)
    gain = 1.0 / (1.0 + (safe / high) ** 8) / (1.0 + (low / safe) ** 8)
    return gain.astype(np.float32)


def _energy(signal: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float64], int]:
    """Compute the energy of a signal and its rate, which is limited."""
    group = max(1, rate // _ENERGY_RATE)
    energy = np.zeros(len(signal) // group)
    for part in signal.reshape(-1, group).T:
        energy += np.square(part, dtype=np.float64)
    return energy, rate // group


def _rise(energy: NDArray[np.float64], rate: int, window_seconds: float) -> NDArray[np.float64]:
    """Compute the positive difference of the weighted RMS after and before each millisecond."""
    width = max(2, round(window_seconds * rate))
    weights = np.arange(width, 0, -1) / (width * (width + 1) / 2)
    after = np.convolve(energy, weights[::-1])[width - 1 :]
    before = np.concatenate([[0.0], np.convolve(energy, weights)[: len(energy) - 1]])
    rise = np.sqrt(np.maximum(after, 0.0)) - np.sqrt(np.maximum(before, 0.0))
    return np.maximum(rise[:: rate // RATE], 0.0)


def fold(
    strength: NDArray[np.floating],
    rate: float,
    period: float,
    offset: float = 0.0,
    steps: int | None = None,
) -> NDArray[np.float64]:
    """Average each column over all periods to a profile of one period.

    Parameters
    ----------
    strength : ndarray
        ``[rows, columns]``.
    rate : float
        Rows per second.
    period : float
        Period in seconds.
    offset : float
        Time in seconds at which a period starts.
    steps : int, optional
        Length of the profile; one step per row by default.

    Returns
    -------
    ndarray of float64
        ``[steps, columns]``; step ``j`` is the interval centred on ``offset + j / steps * period``.
    """
    count = steps or max(1, round(period * rate))
    sums, hits = np.zeros((count, strength.shape[1])), np.zeros((count, 1))
    for start in range(0, len(strength), _FOLD_ROWS):
        part = strength[start : start + _FOLD_ROWS]
        phase = ((np.arange(start, start + len(part)) / rate - offset) / period) % 1.0
        step = np.round(phase * count).astype(np.int64) % count
        hits[:, 0] += np.bincount(step, minlength=count)
        sums += np.stack([np.bincount(step, column, count) for column in part.T], axis=1)
    return sums / np.maximum(hits, 1.0)
