"""Coarse search: correlate segments of a track with a mix at all positions and tempos."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import scipy.fft

from djtrans.datasets.mixes.alignment.band_flux import FRAME_RATE, FloatArray

#: Largest tempo change that is searched, as a fraction.
TEMPO_RANGE = 0.10
#: A tempo error of half a step drifts by 10 ms over half a segment.
_TEMPO_STEP = 0.005
SEGMENT_SECONDS = 8.0
_HOP_SECONDS = 2.0
#: Number of matches per segment, and their least distance.
_KEPT = 8
_APART_SECONDS = 0.2
#: Segments with less flux than this fraction of the track's mean are skipped.
_LEAST_FLUX = 0.2


@attrs.frozen(eq=False)
class SegmentMatches:
    """The best matches of the segments of a track in a mix.

    Attributes
    ----------
    track, mix : ndarray
        ``[matches]`` float64: centres of the segment and of its match, in seconds.
    rate : ndarray
        ``[matches]``: track seconds per mix second, accurate to half a step of the search.
    similarity : ndarray
        ``[matches]``: normalized correlation, at most 1.
    """

    track: np.ndarray
    mix: np.ndarray
    rate: np.ndarray
    similarity: np.ndarray


def match_segments(
    mix: FloatArray, track: FloatArray, progress: Callable[[float], None] | None = None
) -> SegmentMatches:
    """Correlate every segment of a track with a mix, at every position and tempo.

    Parameters
    ----------
    mix, track : ndarray
        ``[bands, frames]``, from :func:`~djtrans.datasets.mixes.alignment.band_flux.flux`.
    progress : callable, optional
        Called with the fraction done, 0 to 1.

    Returns
    -------
    SegmentMatches
        Empty if either is shorter than a segment.
    """
    length = round(SEGMENT_SECONDS * FRAME_RATE)
    steps = round(TEMPO_RANGE / _TEMPO_STEP)
    rates = 1.0 + _TEMPO_STEP * np.arange(-steps, steps + 1)
    reach = int(np.ceil(length / 2 * rates[-1])) + 1
    lags = mix.shape[1] - length + 1
    middles = np.arange(reach, track.shape[1] - reach, round(_HOP_SECONDS * FRAME_RATE))
    found: list[tuple[float, float, float, float]] = []
    if lags < 1:
        middles = middles[:0]
    size = scipy.fft.next_fast_len(mix.shape[1], real=True)
    spectrum = scipy.fft.rfft(mix, size, axis=1)
    energy = np.concatenate([[0.0], np.cumsum((mix.astype(np.float64) ** 2).sum(axis=0))])
    mix_norm = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1e-6))
    least = _LEAST_FLUX * float((track.astype(np.float64) ** 2).sum(axis=0).mean()) * length
    offsets = np.arange(length) - (length - 1) / 2
    for number, middle in enumerate(middles):
        part = _at(track, middle + rates[:, None] * offsets)
        norm = np.sqrt((part**2).sum(axis=(0, 2)))
        if norm[steps] ** 2 > least:
            product = np.zeros((len(rates), spectrum.shape[1]), dtype=np.complex64)
            for band, of_mix in zip(part, spectrum, strict=True):
                product += scipy.fft.rfft(band, size, axis=1).conj() * of_mix
            scores = scipy.fft.irfft(product, size, axis=1)[:, :lags] / (norm[:, None] * mix_norm)
            for rate, lag in _peaks(scores):
                centre = lag + _vertex(scores[rate], lag) + (length - 1) / 2
                similarity = float(scores[rate, lag])
                found.append((middle / FRAME_RATE, centre / FRAME_RATE, rates[rate], similarity))
        if progress is not None:
            progress((number + 1) / len(middles))
    columns = np.array(found, dtype=np.float64).reshape(-1, 4).T
    return SegmentMatches(*columns)


def _at(values: FloatArray, positions: np.ndarray) -> FloatArray:
    """Interpolate linearly between frames, ``[bands, *positions.shape]``."""
    left = np.floor(positions).astype(int)
    share = (positions - left).astype(np.float32)
    return np.asarray(values[:, left] * (1 - share) + values[:, left + 1] * share)


def _vertex(values: FloatArray, peak: int) -> float:
    """Return the offset of the parabola's vertex from a peak, in frames."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, middle, right = values[peak - 1 : peak + 2]
    bend = float(left - 2.0 * middle + right)
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _peaks(scores: FloatArray) -> list[tuple[int, int]]:
    """Return tempo and lag of the best matches, the best first."""
    best = scores.max(axis=0)
    apart = round(_APART_SECONDS * FRAME_RATE)
    peaks = []
    for _ in range(min(_KEPT, len(best))):
        lag = int(np.argmax(best))
        if not best[lag] > 0:
            break
        peaks.append((int(np.argmax(scores[:, lag])), lag))
        best[max(0, lag - apart) : lag + apart + 1] = 0.0
    return peaks
