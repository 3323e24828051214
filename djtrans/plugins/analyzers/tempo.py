"""Estimate one constant tempo for a whole track.

The score of a tempo is the product of two measures. The *comb* is the strength of the onsets at the
beat frequency, its half, double and quadruple, from one zero-padded Fourier transform of the track.
The *repetition* is the autocorrelation of the onsets of all bands at 4, 8, 16 and 32 beats (3, 6,
12 and 24 in bars of three). Dotted rhythms can give 2/3 or 4/3 of the tempo a strong comb, but not
the repetition of whole bars; the product has one peak, up to octaves.
"""

from __future__ import annotations

import attrs
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from djtrans.plugins.analyzers.onsets import mixed_bands

#: Multiples of the beat frequency, and the weight of the spectrum there.
_COMB = ((0.5, 0.5), (1.0, 1.0), (2.0, 1.0), (4.0, 1.0))
_REPEAT_BEATS = {4: (4, 8, 16, 32), 3: (3, 6, 12, 24)}
#: Minimum ratio of the score of bars of three to that of bars of four at the same tempo. (At
#: another tempo, where they repeat as four beats of 4/3 of it do, a ratio above 1 is enough.)
_TRIPLE_GAIN = 1.1
#: Maximum distance of equal tempos, in octaves.
_SAME_OCTAVES = 0.03
_STEP = 2e-4
#: Width of the prior around the preferred tempo, in octaves.
_PRIOR_OCTAVES = 0.9


@attrs.frozen
class Tempo:
    """Tempo with its margin over tempos that are not its octaves.

    Attributes
    ----------
    bpm : float
        Beats per minute.
    clarity : float
        From 0 (another tempo fits equally well) to 1 (no other tempo fits).
    beats_per_bar : int
        4, or 3 if bars of three fit clearly better.
    """

    bpm: float
    clarity: float
    beats_per_bar: int = 4


def find_tempo(
    onsets: NDArray[np.float64],
    frame_rate: float,
    min_bpm: float,
    max_bpm: float,
    preferred_bpm: float,
) -> Tempo:
    """Find the constant tempo that fits the onsets best.

    Parameters
    ----------
    onsets : ndarray
        ``[frames, bands]`` of :func:`~djtrans.plugins.analyzers.onsets.onset_strength`.
    frame_rate : float
        Frames per second.
    min_bpm, max_bpm : float
        Range of the search.
    preferred_bpm : float
        Centre of the prior, which decides between octaves.

    Returns
    -------
    Tempo
    """
    bpm = np.exp(np.arange(np.log(min_bpm), np.log(max_bpm), _STEP))
    comb = _comb(mixed_bands(onsets), frame_rate, bpm)
    similarity = _similarity(onsets)
    prior = np.exp(-0.5 * (np.log2(bpm / preferred_bpm) / _PRIOR_OCTAVES) ** 2)
    scores = {
        metre: comb * prior * np.maximum(_repetition(similarity, frame_rate, bpm, beats), 0.0)
        for metre, beats in _REPEAT_BEATS.items()
    }
    triple, quadruple = (bpm[int(np.argmax(scores[metre]))] for metre in (3, 4))
    gain = _TRIPLE_GAIN if abs(_off_octave(triple / quadruple)) < _SAME_OCTAVES else 1.0
    metre = 3 if scores[3].max() > gain * scores[4].max() else 4
    score = scores[metre]
    best = int(np.argmax(score))
    if score[best] <= 0:
        return Tempo(float(bpm[best]), 0.0)
    other = np.abs(_off_octave(bpm / bpm[best])) > _SAME_OCTAVES
    rival = float(np.max(score[other], initial=0.0))
    clarity = max(0.0, 1.0 - rival / float(score[best]))
    return Tempo(_refine(mixed_bands(onsets), frame_rate, float(bpm[best])), clarity, metre)


def _off_octave(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the distance from the nearest power of two, in octaves."""
    octaves = np.log2(ratio)
    return np.asarray(octaves - np.round(octaves))


def _comb(
    onset: NDArray[np.float64], frame_rate: float, bpm: NDArray[np.float64]
) -> NDArray[np.float64]:
    size = scipy.fft.next_fast_len(8 * len(onset), real=True)
    spectrum = np.abs(scipy.fft.rfft(onset * np.hanning(len(onset)), size)) / len(onset)
    freqs = np.arange(len(spectrum)) * (frame_rate / size)
    total = np.zeros_like(bpm)
    for multiple, weight in _COMB:
        total += weight * np.interp(multiple * bpm / 60.0, freqs, spectrum)
    return total


def _similarity(onsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the normalized autocorrelation of the onsets, averaged over the bands."""
    frames = len(onsets)
    size = scipy.fft.next_fast_len(2 * frames, real=True)
    similarity = np.zeros(frames)
    for band in onsets.T:
        spectrum = scipy.fft.rfft(band, size)
        correlation = scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[:frames]
        similarity += correlation / max(correlation[0], 1e-12)
    # The overlap shrinks with the lag; the correction is limited where it becomes too small.
    similarity /= onsets.shape[1] * np.maximum(1.0 - np.arange(frames) / frames, 0.1)
    smooth: NDArray[np.float64] = np.convolve(similarity, (0.25, 0.5, 0.25), "same")
    return smooth


def _repetition(
    similarity: NDArray[np.float64],
    frame_rate: float,
    bpm: NDArray[np.float64],
    repeat_beats: tuple[int, ...],
) -> NDArray[np.float64]:
    """Average the similarity over lags of `repeat_beats` at each tempo."""
    lags = np.arange(len(similarity)) / frame_rate
    longest = 0.75 * lags[-1]
    total = np.zeros_like(bpm)
    counted = np.zeros_like(bpm)
    for beats in repeat_beats:
        lag = beats * 60.0 / bpm
        usable = lag <= longest
        total += np.where(usable, np.interp(lag, lags, similarity), 0.0)
        counted += usable
    mean: NDArray[np.float64] = total / np.maximum(counted, 1.0)
    return mean


def _refine(onset: NDArray[np.float64], frame_rate: float, bpm: float) -> float:
    """Find the peak of the power of the comb near `bpm`, by exact transforms on finer grids."""
    windowed = onset * np.hanning(len(onset))
    # Relative to the middle of the track a tempo change rotates the phase least.
    times = (np.arange(len(onset)) - len(onset) / 2) / frame_rate
    multiples = [(multiple, weight) for multiple, weight in _COMB if multiple >= 1.0]
    span = 2 * _STEP
    for _ in range(3):
        grid = bpm * (1.0 + np.linspace(-span, span, 11))
        power = np.zeros(len(grid))
        for i, candidate in enumerate(grid):
            phasor = np.exp(2j * np.pi * candidate / 60.0 * times)
            for multiple, weight in multiples:
                # The multiples are powers of two, so squaring is cheaper than a new exponential.
                if multiple > 1.0:
                    phasor = phasor * phasor
                # Not `dot`: over so few frames the threads of BLAS cost more than they save.
                power[i] += weight * abs((windowed * phasor).sum()) ** 2
        bpm = float(grid[int(np.argmax(power))])
        span /= 4
    return bpm
