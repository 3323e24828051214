"""Whether a track that was played faster is also higher, or its key was kept."""

from __future__ import annotations

import math

import numpy as np
import torch

from djtrans.core.audio.warping import warp
from djtrans.datasets.mixes.alignment.tempo_line import Line

#: Below this tempo change both are within 5 cents of each other.
_LEAST_CHANGE = 0.003
#: What is compared at most, of where the track is clear.
_SECONDS = 12.0
_BINS = 4096
_BAND_HZ = (150.0, 4000.0)


def semitones_of(
    mix: np.ndarray, track: np.ndarray, sample_rate: int, line: Line, start: float, stop: float
) -> float:
    """Transposition with which a track sounds more like a mix: none, or that of its speed.

    Parameters
    ----------
    mix, track : ndarray
        ``[samples]`` mono.
    sample_rate : int
        In Hz.
    line : Line
        Where the track plays.
    start, stop : float
        Seconds of the mix where the track is clear; the middle 12 s at most are used.

    Returns
    -------
    float
        0, or ``12 * log2(line.rate)``.
    """
    varied = 12.0 * math.log2(line.rate)
    if abs(line.rate - 1.0) < _LEAST_CHANGE:
        return 0.0
    middle, half = (start + stop) / 2, min(stop - start, _SECONDS) / 2
    begin, end = middle - half, middle + half
    heard = mix[round(begin * sample_rate) : round(end * sample_rate)]
    audio = torch.from_numpy(np.ascontiguousarray(track, dtype=np.float32))[None]
    points = ((begin, line.track(begin)), (end, line.track(end)))

    def alike(semitones: float) -> float:
        laid = warp(audio, points, sample_rate, begin, end, semitones=semitones)[0].numpy()
        one, other = _tones(heard, sample_rate), _tones(laid, sample_rate)
        frames = min(len(one), len(other))
        one, other = one[:frames], other[:frames]
        return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum() + 1e-12))

    return varied if alike(varied) > alike(0.0) else 0.0


def _tones(mono: np.ndarray, sample_rate: int) -> np.ndarray:
    """Levels of the tones, ``[frames, bins]``: what stands out of its neighbours in frequency."""
    from scipy.ndimage import uniform_filter1d

    starts = np.arange(0, max(len(mono) - _BINS, 1), _BINS // 2)
    padded = np.pad(mono, (0, _BINS))
    frames = np.stack([padded[start : start + _BINS] for start in starts]) * np.hanning(_BINS)
    spectrum = np.abs(np.fft.rfft(frames, axis=1))
    low, high = (round(hz * _BINS / sample_rate) for hz in _BAND_HZ)
    level = np.log10(spectrum[:, low:high] + 1e-3 * spectrum.max() + 1e-9)
    return level - uniform_filter1d(level, 41, axis=1)
