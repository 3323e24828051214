"""Detect if a track's pitch in a mix changed with its tempo, or was preserved by key lock."""

from __future__ import annotations

import math

import numpy as np
import torch

from djtrans.core.audio.warping import warp
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine

#: Below this tempo change both are within 5 cents of each other.
_LEAST_CHANGE = 0.003
#: Longest part that is compared.
_SECONDS = 12.0
_BINS = 4096
_BAND_HZ = (150.0, 4000.0)


def semitones_of(
    mix: np.ndarray, track: np.ndarray, sample_rate: int, line: TempoLine, start: float, stop: float
) -> float:
    """Estimate the transposition of a track in a mix: none, or that of its tempo.

    Parameters
    ----------
    mix, track : ndarray
        ``[samples]`` mono.
    sample_rate : int
        In Hz.
    line : TempoLine
        Location of the track.
    start, stop : float
        Seconds of the mix where the track is clear; at most the middle 12 s are used.

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
    observed = mix[round(begin * sample_rate) : round(end * sample_rate)]
    audio = torch.from_numpy(np.ascontiguousarray(track, dtype=np.float32))[None]
    points = ((begin, line.track(begin)), (end, line.track(end)))

    def correlation(semitones: float) -> float:
        aligned = warp(audio, points, sample_rate, begin, end, semitones=semitones)[0].numpy()
        x, y = _tones(observed, sample_rate), _tones(aligned, sample_rate)
        frames = min(len(x), len(y))
        x, y = x[:frames], y[:frames]
        return float((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum() + 1e-12))

    return varied if correlation(varied) > correlation(0.0) else 0.0


def _tones(mono: np.ndarray, sample_rate: int) -> np.ndarray:
    """Compute log magnitudes relative to those of neighbouring bins, ``[frames, bins]``."""
    from scipy.ndimage import uniform_filter1d

    starts = np.arange(0, max(len(mono) - _BINS, 1), _BINS // 2)
    padded = np.pad(mono, (0, _BINS))
    frames = np.stack([padded[start : start + _BINS] for start in starts]) * np.hanning(_BINS)
    spectrum = np.abs(np.fft.rfft(frames, axis=1))
    low, high = (round(hz * _BINS / sample_rate) for hz in _BAND_HZ)
    level = np.log10(spectrum[:, low:high] + 1e-3 * spectrum.max() + 1e-9)
    return level - uniform_filter1d(level, 41, axis=1)
