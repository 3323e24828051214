"""How much of the voice's range moves in pitch as a whole: a fluctogram.

On a logarithmic frequency axis a change of pitch shifts all partials alike. Each frame is compared
with the one 40 ms later, in bands of two octaves, at shifts of up to 80 cents. A keyboard's tones
fit best unshifted and noise fits nowhere; a voice that glides or trembles fits best at a shift. The
idea is that of Lehner, Widmer and Sonnleitner [1]_.

References
----------
.. [1] B. Lehner, G. Widmer and R. Sonnleitner, "On the reduction of false positives in singing
   voice detection", ICASSP 2014.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

_WINDOW_SECONDS = 0.046
_BIN_CENTS = 20
_OCTAVE = 1200 // _BIN_CENTS
_LOWEST_HZ, _OCTAVES = 180.0, 4
#: Largest shift, in bins.
_REACH = 4
#: What is flat over this many bins is no partial.
_FLAT_BINS = 31
#: Frames fit if they correlate by more than this at the best shift.
_FITS = 0.8
_BLOCK = 1024


def pitch_motion(signal: NDArray[np.float32], sample_rate: float, hop: int) -> NDArray[np.float64]:
    """Share of the bands that fit best at a shift, for every second frame.

    Parameters
    ----------
    signal : ndarray
        ``[samples]``.
    sample_rate : float
        In Hz.
    hop : int
        Samples between frames, 20 ms.

    Returns
    -------
    ndarray of float64
        ``[samples // (2 * hop)]``, 0 to 1; row ``i`` tells of the time from sample ``2 * i * hop``
        to ``2 * (i + 1) * hop``.
    """
    tones = _tones(signal, sample_rate, 2 * hop)
    inner = slice(_REACH, -_REACH)
    before, after = tones[:-1], tones[1:]
    here = before[:, inner]
    power = _bands(here * here)
    fits = []
    for shift in range(-_REACH, _REACH + 1):
        there = after[:, _REACH + shift : tones.shape[1] - _REACH + shift]
        fits.append(_bands(here * there) / np.sqrt(power * _bands(there * there) + 1e-12))
    fit = np.stack(fits)
    moved = (fit.argmax(axis=0) != _REACH) & (fit.max(axis=0) > _FITS)
    share: NDArray[np.float64] = moved.mean(axis=1)
    return share


def _tones(signal: NDArray[np.float32], sample_rate: float, hop: int) -> NDArray[np.float32]:
    """What stands out of the spectrum on a logarithmic axis, ``[frames, bins + 2 * reach]``."""
    margin = _REACH + _FLAT_BINS // 2
    bins = np.arange(-margin, _OCTAVES * _OCTAVE + margin)
    size = 1 << round(np.log2(_WINDOW_SECONDS * sample_rate))
    places = _LOWEST_HZ * 2.0 ** (bins / _OCTAVE) * 2 * size / sample_rate
    places = np.minimum(places, size - 1.0)
    left = places.astype(np.int64)
    part = (places - left).astype(np.float32)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    padded = np.pad(signal, (size // 2, size // 2 + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    frames = frames[: len(signal) // hop + 1]
    out = np.empty((len(frames), len(bins) - 2 * (_FLAT_BINS // 2)), dtype=np.float32)
    edge = slice(_FLAT_BINS // 2, -(_FLAT_BINS // 2))
    for start in range(0, len(frames), _BLOCK):
        level = np.abs(scipy.fft.rfft(frames[start : start + _BLOCK] * window, 2 * size, axis=1))
        tone = np.sqrt(level[:, left] * (1 - part) + level[:, left + 1] * part)
        flat = scipy.ndimage.uniform_filter1d(tone, _FLAT_BINS, axis=1)
        out[start : start + _BLOCK] = np.maximum(tone - flat, 0.0)[:, edge]
    return out


def _bands(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over bands of two octaves, one from each octave on, ``[frames, octaves - 1]``."""
    octaves = values.reshape(len(values), _OCTAVES, _OCTAVE).sum(axis=2)
    return octaves[:, :-1] + octaves[:, 1:]
