"""How far B's beats lie from A's, heard in what was rendered."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from djtrans.core.metrics.arrays import (
    FloatArray,
    as_audio,
    as_beats,
    check_same_length,
    check_sample_rate,
    to_db,
)
from djtrans.core.metrics.onsets import band_power, on_beat_weights, onset_strength

#: Half width of a window, in beats.
HALF_WINDOW_BEATS = 2.0
#: Largest offset looked for, in beats: sixteenths would be as good a match a quarter beat away.
SEARCH_BEATS = 0.22
#: A contribution is audible above this level and less than this below the other one.
AUDIBLE_DBFS = -60.0
MASKED_DB = 30.0
#: A band takes part if both are above this level in it.
BAND_DBFS = -80.0
#: Least correlation of the onsets, and least lead of the peak over the search range's median.
MIN_CORRELATION = 0.2
MIN_PROMINENCE = 0.1
#: A maximum at least this part of the highest one is as good.
NEARLY = 0.9
#: Least part of the audible windows that must be clear, or the clear ones were chance.
MIN_CLEAR_PART = 0.25


@attrs.frozen
class BeatOffset:
    """Offset of B's beats against A's. Positive: B is late.

    Attributes
    ----------
    beats : tuple of int
        Centre of each measured window, as an index of `beat_times`.
    offsets_ms : tuple of float
        Offset in each of them, in milliseconds.
    mean_ms : float or None
        Their mean; None if nothing could be measured.
    spread_ms : float or None
        Their standard deviation. Several ms means that the two do not keep a common beat, and that
        the mean means little.
    p95_ms : float or None
        95th percentile of their absolute values.
    reason : str
        Why nothing could be measured; empty if something was.
    """

    beats: tuple[int, ...] = ()
    offsets_ms: tuple[float, ...] = ()
    mean_ms: float | None = None
    spread_ms: float | None = None
    p95_ms: float | None = None
    reason: str = ""

    @property
    def windows(self) -> int:
        """Number of windows measured."""
        return len(self.offsets_ms)


def beat_offset(
    contribution_a: Any, contribution_b: Any, sample_rate: int, beat_times: Any
) -> BeatOffset:
    """Offset of B's beats against A's, detected anew in the two rendered contributions.

    In windows of four beats, one beat apart, the onset strengths of both (four bands from 30 Hz to
    14 kHz, 0.5 ms steps) are correlated at lags of up to 0.22 beat; the offset is the lag of the
    peak, between the steps by a parabola.

    Parameters
    ----------
    contribution_a, contribution_b : Tensor or ndarray
        ``[channels, samples]``: what each track adds to the mix, on one clock.
    sample_rate : int
        In Hz, 8000 at least.
    beat_times : Tensor or ndarray
        ``[beats]``, seconds from the first sample. Only says where to look: it places the windows
        and weighs A's onsets by their nearness to a beat. An error of it, if both contributions
        have it, does not show in the result.

    Returns
    -------
    BeatOffset
        Windows in which one is silent, or masked by the other, or in which no clear onsets are
        shared, do not count.

    Raises
    ------
    ShapeError, InputError
        If the audio or the beats are not as described.

    Notes
    -----
    A cannot be told from B moved by a whole sixteenth when both play nothing else, and an offset of
    more than 0.22 beat is outside the search. Bias and limits as measured: ``docs/metrics.md``.
    """
    a, b = as_audio(contribution_a, "contribution_a"), as_audio(contribution_b, "contribution_b")
    check_same_length(contribution_a=a, contribution_b=b)
    check_sample_rate(sample_rate)
    beats = as_beats(beat_times)
    power_a, rate = band_power(a, sample_rate)
    power_b, _ = band_power(b, sample_rate)
    weights = on_beat_weights(beats, power_a.shape[-1], rate)
    index = np.arange(len(beats))
    centres, offsets, heard = [], [], 0
    for centre in index:
        ends = np.interp([centre - HALF_WINDOW_BEATS, centre + HALF_WINDOW_BEATS], index, beats)
        reach = round(SEARCH_BEATS * float(np.diff(beats).mean()) * rate)
        start = max(round(ends[0] * rate), reach)
        stop = min(round(ends[1] * rate), power_a.shape[-1] - reach)
        if stop - start < 2 * reach or not _both_audible(power_a, power_b, start, stop):
            continue
        heard += 1
        lag = _window_lag(power_a, power_b, weights, start, stop, reach)
        if lag is not None:
            centres.append(int(centre))
            offsets.append(lag / rate * 1000.0)
    if not heard:
        return BeatOffset(reason="A and B are never audible together")
    if len(offsets) < max(1.0, MIN_CLEAR_PART * heard):
        return BeatOffset(reason="A and B share no clear onsets")
    return BeatOffset(
        tuple(centres),
        tuple(offsets),
        float(np.mean(offsets)),
        float(np.std(offsets)),
        float(np.percentile(np.abs(offsets), 95)),
    )


def _both_audible(power_a: FloatArray, power_b: FloatArray, start: int, stop: int) -> bool:
    levels = [float(to_db(p[:, start:stop].sum(axis=0).mean())) for p in (power_a, power_b)]
    return min(levels) >= AUDIBLE_DBFS and abs(levels[0] - levels[1]) <= MASKED_DB


def _window_lag(
    power_a: FloatArray,
    power_b: FloatArray,
    weights: FloatArray,
    start: int,
    stop: int,
    reach: int,
) -> float | None:
    """Lag in frames of B in one window, or None."""
    means = [to_db(p[:, start:stop].mean(axis=-1)) for p in (power_a, power_b)]
    both = (means[0] > BAND_DBFS) & (means[1] > BAND_DBFS)
    if not both.any():
        return None
    a = onset_strength(power_a[both, start:stop])
    b = onset_strength(power_b[both, start - reach : stop + reach])
    return _peak(_lagged_correlation(a, b, weights[start:stop]), reach)


def _lagged_correlation(a: FloatArray, b: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted Pearson correlation over all bands of A with B read later and later, ``[lags]``.

    One correlation for all bands, not a mean of one for each: a band counts as much as its onsets
    are steep in both, so a click outweighs a slow rise, and a band without drums counts for little.
    """
    from scipy.signal import correlate

    def slide(kernel: FloatArray, signal: FloatArray) -> FloatArray:
        return np.asarray(correlate(signal, kernel, mode="valid", method="fft"))

    w = weights / weights.sum()
    a = a - (w * a).sum(axis=-1, keepdims=True)
    covariance = np.sum([slide(w * x, y) for x, y in zip(a, b, strict=True)], axis=0)
    variance_b = np.sum([slide(w, y**2) - slide(w, y) ** 2 for y in b], axis=0)
    scale = np.sqrt(np.maximum(variance_b, 0.0) * (w * a**2).sum())
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 1e-9)


def _peak(correlation: FloatArray, reach: int) -> float | None:
    """Lag in frames of the clear inner maximum, or None.

    Sixteenths give a rival a quarter beat away from the true one. Of two maxima that far apart and
    nearly as high, the one nearer to zero is taken.
    """
    inner = correlation[1:-1]
    tops = np.flatnonzero((inner >= correlation[:-2]) & (inner > correlation[2:])) + 1
    if not len(tops):
        return None
    best = int(tops[np.argmax(correlation[tops])])
    for top in tops[np.argsort(-correlation[tops])]:
        far = abs(int(top) - best) > reach / 2
        if far and abs(top - reach) < abs(best - reach):
            if correlation[top] >= NEARLY * correlation[best]:
                best = int(top)
            break
    height = correlation[best]
    if height < MIN_CORRELATION or height - np.median(correlation) < MIN_PROMINENCE:
        return None
    left, right = correlation[best - 1], correlation[best + 1]
    bend = left - 2.0 * height + right
    return float(best - reach + (0.5 * (left - right) / bend if bend < 0 else 0.0))
