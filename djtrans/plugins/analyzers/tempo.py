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

from djtrans.plugins.analyzers.onsets import Onsets, mixed_bands

#: Multiples of the beat frequency, and the weight of the spectrum there.
_COMB = ((0.5, 0.5), (1.0, 1.0), (2.0, 1.0), (4.0, 1.0))
_REPEAT_BEATS = {4: (4, 8, 16, 32), 3: (3, 6, 12, 24)}
#: Minimum ratio of the score of bars of three to that of bars of four at the same tempo. (At
#: another tempo, where they repeat as four beats of 4/3 of it do, a ratio above 1 is enough.)
_TRIPLE_GAIN = 1.1
#: Bars of three are counted as swung bars of four at these ratios of the tempo, if the score is at
#: least the first share: it is 0.34 to 0.7 where beats swing, and up to 0.19 in bars of three. They
#: are as certain as others from the second share on.
_SWUNG_RATIOS, _SWING_SHARE, _SURE_SHARE = (2.0 / 3.0, 4.0 / 3.0), 0.28, 0.6
#: Maximum distance of equal tempos, in octaves.
_SAME_OCTAVES = 0.03
_STEP = 2e-4
#: Frames that are transformed at once.
_BLOCK_FRAMES = 1 << 18
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
    onsets: Onsets,
    frame_rate: float,
    min_bpm: float,
    max_bpm: float,
    preferred_bpm: float,
) -> Tempo:
    """Find the constant tempo that fits the onsets best.

    Parameters
    ----------
    onsets : Onsets
        Of the signal.
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
    mixed = mixed_bands(onsets)
    comb = _comb(mixed, frame_rate, bpm)
    longest = max(lag for lags in _REPEAT_BEATS.values() for lag in lags) * 60.0 / min_bpm
    similarity = _similarity(onsets, int(longest * frame_rate) + 3)
    prior = np.exp(-0.5 * (np.log2(bpm / preferred_bpm) / _PRIOR_OCTAVES) ** 2)
    scores = {
        metre: comb
        * prior
        * np.maximum(_repetition(similarity, len(onsets) / frame_rate, frame_rate, bpm, beats), 0.0)
        for metre, beats in _REPEAT_BEATS.items()
    }
    triple, quadruple = (bpm[int(np.argmax(scores[metre]))] for metre in (3, 4))
    gain = _TRIPLE_GAIN if abs(_off_octave(triple / quadruple)) < _SAME_OCTAVES else 1.0
    metre = 3 if scores[3].max() > gain * scores[4].max() else 4
    best = int(np.argmax(scores[metre]))
    rivals, certainty = [1.0], 1.0
    if metre == 3:
        swung, share = _swung(bpm, scores, best)
        if share >= _SWING_SHARE:
            # The tempo of its triplets is no rival.
            rivals.append(bpm[best] / bpm[swung])
            metre, best, certainty = 4, swung, min(1.0, share / _SURE_SHARE)
    score = scores[metre]
    if score[best] <= 0:
        return Tempo(float(bpm[best]), 0.0)
    other = np.all(
        [np.abs(_off_octave(bpm / (bpm[best] * ratio))) > _SAME_OCTAVES for ratio in rivals], axis=0
    )
    rival = float(np.max(score[other], initial=0.0))
    clarity = certainty * max(0.0, 1.0 - rival / float(score[best]))
    return Tempo(_refine(mixed, frame_rate, float(bpm[best])), clarity, metre)


def _swung(
    bpm: NDArray[np.float64], scores: dict[int, NDArray[np.float64]], best: int
) -> tuple[int, float]:
    """Find swung bars of four of which bars of three are a part, and their share of the score.

    The triplets of a swung beat are the halves of beats that are 3/2 as fast, and a bar of four
    such beats is two bars of three of those. The octave above is taken if it scores higher; it
    gives the share only where the tempo itself is out of range.
    """
    peaks = []
    for ratio in _SWUNG_RATIOS:
        near = np.abs(np.log2(bpm / (ratio * bpm[best]))) < _SAME_OCTAVES
        if near.any():
            peaks.append(int(np.argmax(np.where(near, scores[4], -1.0))))
    if not peaks:
        return best, 0.0
    share = float(scores[4][peaks[0]] / scores[3][best])
    return max(peaks, key=lambda peak: scores[4][peak]), share


def _off_octave(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the distance from the nearest power of two, in octaves."""
    octaves = np.log2(ratio)
    return np.asarray(octaves - np.round(octaves))


def _comb(
    onset: NDArray[np.float64], frame_rate: float, bpm: NDArray[np.float64]
) -> NDArray[np.float64]:
    size = scipy.fft.next_fast_len(8 * len(onset), real=True)
    highest = max(multiple for multiple, _ in _COMB) * float(bpm.max()) / 60.0
    bins = min(int(highest * size / frame_rate) + 2, size // 2 + 1)
    spectrum = np.abs(low_spectrum(onset * np.hanning(len(onset)), size, bins)) / len(onset)
    freqs = np.arange(len(spectrum)) * (frame_rate / size)
    total = np.zeros_like(bpm)
    for multiple, weight in _COMB:
        total += weight * np.interp(multiple * bpm / 60.0, freqs, spectrum)
    return total


def low_spectrum(signal: NDArray[np.float64], size: int, bins: int) -> NDArray[np.complex128]:
    """Compute the first bins of the transform of a signal padded to `size`.

    The transforms of interleaved parts are combined, so that no array is as long as the padded
    signal.
    """
    parts = max(n for n in range(1, 33) if size % n == 0 and bins <= size // n // 2 + 1)
    turn = np.exp(-2j * np.pi / size * np.arange(bins))
    total = np.zeros(bins, dtype=np.complex128)
    for part in reversed(range(parts)):
        total *= turn
        total += scipy.fft.rfft(signal[part::parts], size // parts)[:bins]
    return total


def _similarity(onsets: Onsets, lags: int) -> NDArray[np.float64]:
    """Compute the normalized autocorrelation of the onsets, averaged over the bands."""
    frames = len(onsets)
    lags = min(lags, frames)
    similarity = np.zeros(lags)
    for band in onsets.bands():
        correlation = autocorrelation(band, lags)
        similarity += correlation / max(correlation[0], 1e-12)
    # The overlap shrinks with the lag; the correction is limited where it becomes too small.
    similarity /= onsets.energy.shape[1] * np.maximum(1.0 - np.arange(lags) / frames, 0.1)
    smooth: NDArray[np.float64] = np.convolve(similarity, (0.25, 0.5, 0.25), "same")
    return smooth


def autocorrelation(signal: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Compute the autocorrelation of a signal at the first lags, block by block."""
    block = min(_BLOCK_FRAMES, len(signal))
    size = scipy.fft.next_fast_len(block + lags, real=True)
    total = np.zeros(lags)
    for start in range(0, len(signal), block):
        here = scipy.fft.rfft(signal[start : start + block], size)
        later = scipy.fft.rfft(signal[start : start + block + lags], size)
        total += scipy.fft.irfft(here.conj() * later, size)[:lags]
    return total


def _repetition(
    similarity: NDArray[np.float64],
    seconds: float,
    frame_rate: float,
    bpm: NDArray[np.float64],
    repeat_beats: tuple[int, ...],
) -> NDArray[np.float64]:
    """Average the similarity over lags of `repeat_beats` at each tempo."""
    lags = np.arange(len(similarity)) / frame_rate
    longest = 0.75 * (seconds - 1.0 / frame_rate)
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
        sums = np.zeros((len(grid), len(multiples)), dtype=np.complex128)
        for start in range(0, len(onset), _BLOCK_FRAMES):
            part = slice(start, start + _BLOCK_FRAMES)
            for i, candidate in enumerate(grid):
                phasor = np.exp(2j * np.pi * candidate / 60.0 * times[part])
                for j, (multiple, _) in enumerate(multiples):
                    # The multiples are powers of two: squaring is cheaper than an exponential.
                    if multiple > 1.0:
                        phasor = phasor * phasor
                    # Not `dot`: over so few frames the threads of BLAS cost more than they save.
                    sums[i, j] += (windowed[part] * phasor).sum()
        power = np.abs(sums) ** 2 @ np.array([weight for _, weight in multiples])
        bpm = float(grid[int(np.argmax(power))])
        span /= 4
    return bpm
