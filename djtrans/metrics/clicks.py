"""Clicks that the mix has and neither track had."""

from __future__ import annotations

import math

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.polarity import channel_signs, to_mono

#: Samples that each one is predicted from.
ORDER = 20
BLOCK_SECONDS = 0.04
#: A click's residual is this many times the RMS of the residual on either side of it ...
ALONE = 8.0
NEAR_SECONDS = 0.002
#: ... and this many times what either track's residual has there (an EQ may double a track).
NEW = 2.5
#: Under this part of full scale nothing is heard.
LEAST = 1e-3


def clicks(
    mix: FloatArray, solo_a: FloatArray, solo_b: FloatArray, sample_rate: int
) -> tuple[float, ...]:
    """Find broadband single-sample events that are in the mix but in neither track.

    Parameters
    ----------
    mix, solo_a, solo_b : ndarray
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    tuple of float
        Seconds.

    Notes
    -----
    Music predicts itself from sample to sample, a discontinuity does not: the residual of linear
    prediction (order 20, blocks of 40 ms) shows it as a spike that stands alone [1]_. A drum's
    onset does not, since its residual goes on after it; and a spike that a track brings with it
    (a crackle, the edge of a synthesizer's wave) is not the transition's. What the noise of a
    cymbal covers is not counted.

    .. [1] S. V. Vaseghi and P. J. W. Rayner, "Detection and suppression of impulsive noise in
       speech communication systems", IEE Proceedings I 137(1), 1990.
    """
    near = max(4 * ORDER, round(NEAR_SECONDS * sample_rate))
    # A track whose channels are of opposite polarity cancels in the mono mix of the other one.
    found: list[int] = []
    for signs in {channel_signs(solo) for solo in (solo_a, solo_b)}:
        mixed, a, b = (to_mono(x, signs)[0] for x in (mix, solo_a, solo_b))
        found += _mono_clicks(mixed, a, b, near, sample_rate)
    samples = sorted(found)
    return tuple(
        at / sample_rate
        for at, before in zip(samples, [-math.inf, *samples], strict=False)
        if at - before > near
    )


def _mono_clicks(
    mix: FloatArray, solo_a: FloatArray, solo_b: FloatArray, near: int, sample_rate: int
) -> list[int]:
    """Find the samples of clicks that are in the mono mix but in neither track, ``[samples]``."""
    residual = _residual(mix, sample_rate)
    size = np.abs(residual)
    found = np.flatnonzero(size > LEAST)
    if not len(found):
        return []
    total = np.concatenate([[0.0], np.cumsum(residual**2)])

    def rms(start: np.ndarray, stop: np.ndarray) -> FloatArray:
        start, stop = (np.clip(i, 0, len(residual)) for i in (start, stop))
        return np.sqrt(np.maximum(total[stop] - total[start], 0.0) / np.maximum(stop - start, 1))

    # The filter answers a jump for `ORDER` samples; beyond that a click leaves nothing behind.
    around = np.maximum(rms(found - near, found - ORDER), rms(found + ORDER + 1, found + near))
    found = found[size[found] > ALONE * around]
    inside = (found >= ORDER) & (found < len(residual) - ORDER)
    new: list[int] = []
    for at in found[inside]:
        if new and at - new[-1] <= near:
            continue
        if size[at] > NEW * max(_strength(x, int(at), near, sample_rate) for x in (solo_a, solo_b)):
            new.append(int(at))
    return new


def _strength(audio: FloatArray, at: int, near: int, sample_rate: int) -> float:
    """Largest residual of a track around a sample."""
    # Whole blocks on the same raster as the mix's.
    block = round(BLOCK_SECONDS * sample_rate)
    start = max(0, (at - near) // block - 1) * block
    residual = _residual(audio[start : at + near + block], sample_rate)
    return float(np.abs(residual[max(0, at - near - start) : at + near - start]).max())


def _residual(signal: FloatArray, sample_rate: int) -> FloatArray:
    """Compute the residual of linear prediction, block by block."""
    block = round(BLOCK_SECONDS * sample_rate)
    count = -(-len(signal) // block)
    padded = np.pad(signal, (0, count * block - len(signal)))
    frames = padded.reshape(count, block)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(block), 2 * block)) ** 2
    lags = np.fft.irfft(spectrum)[:, : ORDER + 1]
    # White noise at -90 dB keeps silence and pure tones solvable.
    lags[:, 0] = lags[:, 0] * (1.0 + 1e-9) + 1e-9 * block
    index = np.abs(np.arange(ORDER)[:, None] - np.arange(ORDER))
    weights = np.linalg.solve(lags[:, index], lags[:, 1:, None])[..., 0]
    lead = np.concatenate([np.zeros(ORDER), padded])
    out = padded.copy().reshape(count, block)
    for lag in range(1, ORDER + 1):
        past = lead[ORDER - lag : ORDER - lag + count * block].reshape(count, block)
        out -= weights[:, lag - 1, None] * past
    return out.reshape(-1)[: len(signal)]
