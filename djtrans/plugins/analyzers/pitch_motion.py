"""Fluctogram: pitch motion in the frequency range of the voice.

On a logarithmic frequency axis a change of pitch shifts all partials alike. Each frame is compared
with the one 40 ms later, in bands of two octaves, at shifts of up to 80 cents. Steady tones
correlate best without a shift and noise with none; a voice with glides or vibrato correlates best
at a shift. The method follows Lehner, Widmer and Sonnleitner [1]_.

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

from djtrans.plugins.analyzers.frames import frame_blocks, frame_count
from djtrans.plugins.analyzers.signals import Signal

_WINDOW_SECONDS = 0.046
_BIN_CENTS = 20
_OCTAVE = 1200 // _BIN_CENTS
_LOWEST_HZ, _OCTAVES = 180.0, 4
#: Largest shift, in bins.
_REACH = 4
#: Width in bins of the moving average that is subtracted to keep only partials.
_FLAT_BINS = 31
#: Minimum correlation at the best shift.
_MIN_CORRELATION = 0.8
_BLOCK = 1024


def pitch_motion(signal: Signal, sample_rate: float, hop: int) -> NDArray[np.float64]:
    """Compute the fraction of bands with pitch motion, for every second frame.

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
    ndarray of float64
        ``[samples // (2 * hop)]``, 0 to 1; row ``i`` covers samples ``2 * i * hop``
        to ``2 * (i + 1) * hop``.
    """
    parts = []
    # A block has one frame more than it has changes from frame to frame.
    for start in range(0, frame_count(len(signal), 2 * hop) - 1, _BLOCK):
        tones = _tones(signal, sample_rate, 2 * hop, start, start + _BLOCK + 1)
        parts.append(_moved_share(tones[:-1], tones[1:]))
    return np.concatenate(parts) if parts else np.zeros(0)


def _moved_share(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compute the fraction of bands that moved between frames, ``[frames]``."""
    inner = slice(_REACH, -_REACH)
    here = before[:, inner]
    power = _bands(here * here)
    fits = []
    for shift in range(-_REACH, _REACH + 1):
        there = after[:, _REACH + shift : after.shape[1] - _REACH + shift]
        fits.append(_bands(here * there) / np.sqrt(power * _bands(there * there) + 1e-12))
    fit = np.stack(fits)
    moved = (fit.argmax(axis=0) != _REACH) & (fit.max(axis=0) > _MIN_CORRELATION)
    share: NDArray[np.float64] = moved.mean(axis=1)
    return share


def _tones(
    signal: Signal, sample_rate: float, hop: int, first: int, last: int
) -> NDArray[np.float32]:
    """Compute spectral peaks of a block on a logarithmic axis, ``[frames, bins + 2 * reach]``."""
    margin = _REACH + _FLAT_BINS // 2
    bins = np.arange(-margin, _OCTAVES * _OCTAVE + margin)
    size = 1 << round(np.log2(_WINDOW_SECONDS * sample_rate))
    places = _LOWEST_HZ * 2.0 ** (bins / _OCTAVE) * 2 * size / sample_rate
    places = np.minimum(places, size - 1.0)
    left = places.astype(np.int64)
    part = (places - left).astype(np.float32)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    ((_, frames),) = frame_blocks(signal, size, hop, last - first, first, last)
    level = np.abs(scipy.fft.rfft(frames * window, 2 * size, axis=1))
    tone = np.sqrt(level[:, left] * (1 - part) + level[:, left + 1] * part)
    flat = scipy.ndimage.uniform_filter1d(tone, _FLAT_BINS, axis=1)
    tones: NDArray[np.float32] = np.maximum(tone - flat, 0.0)
    return tones[:, _FLAT_BINS // 2 : -(_FLAT_BINS // 2)]


def _bands(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum over overlapping bands of two octaves, ``[frames, octaves - 1]``."""
    octaves = values.reshape(len(values), _OCTAVES, _OCTAVE).sum(axis=2)
    return octaves[:, :-1] + octaves[:, 1:]
