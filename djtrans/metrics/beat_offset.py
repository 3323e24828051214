"""Offset between the beats of both tracks in the rendered audio."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from djtrans.core.audio.arrays import (
    FloatArray,
    as_audio,
    as_beats,
    check_same_length,
    check_sample_rate,
    cut,
    to_db,
)
from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.metrics.audible import MASKED_DB
from djtrans.metrics.onsets import band_power, on_beat_weights, onset_strength

#: Half width of a window, in beats.
HALF_WINDOW_BEATS = 2.0
#: Largest offset looked for, in beats: sixteenths would be as good a match a quarter beat away.
SEARCH_BEATS = 0.22
#: A band takes part if both are above this level in it.
BAND_DBFS = -80.0
#: Least correlation of the onsets, and least lead of the peak over the search range's median.
MIN_CORRELATION = 0.2
MIN_PROMINENCE = 0.1
#: Correlation at the end of the search range counts for this part of that at zero: sixteenths give
#: a rival a quarter beat away from the true maximum, and the nearer of two equals is meant.
NEARLY = 0.9
#: Largest change of the offset from beat to beat. Two tracks drift, they do not jump: a window in
#: which other notes happen to coincide better is an accident.
DRIFT_MS_PER_BEAT = 1.0
#: How far a window's own maximum may lie from that course: drums differ in their attack.
SPREAD_MS = 6.0
#: Windows this far apart share no audio, and shuffles of such blocks tell what chance would give.
BLOCK_WINDOWS = 4
SHUFFLES = 40
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
    """Measure the offset of B's beats against A's in the two rendered contributions.

    In windows of four beats, one beat apart, the onset strengths of both (four bands from 30 Hz to
    14 kHz, 0.5 ms steps) are correlated at lags of up to 0.22 beat. The offset runs through the
    windows where the correlations sum to most while it changes by at most 1 ms a beat; in each
    window it is the maximum there, between the steps by a parabola.

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

    Examples
    --------
    >>> import numpy as np
    >>> from djtrans.metrics import beat_offset
    >>> beats, n = np.arange(0, 8.5, 0.5), np.arange(2000)
    >>> kick = np.exp(-n / 300) * np.sin(2 * np.pi * 80 * n / 22050)
    >>> a = np.zeros(8 * 22050)
    >>> for start in (beats[:-1] * 22050).astype(int):
    ...     a[start : start + 2000] += kick
    >>> b = np.roll(a, round(0.010 * 22050))
    >>> round(beat_offset(a, b, 22050, beats).mean_ms)
    10
    """
    a, b = as_audio(contribution_a, "contribution_a"), as_audio(contribution_b, "contribution_b")
    check_same_length(contribution_a=a, contribution_b=b)
    check_sample_rate(sample_rate)
    # Half a window beyond the ends, and what the search and the filters reach.
    margin = (HALF_WINDOW_BEATS + 1.0) * float(np.diff(as_beats(beat_times)).max())
    a, beats = cut(a, sample_rate, as_beats(beat_times), margin)
    b, _ = cut(b, sample_rate, as_beats(beat_times), margin)
    power_a, rate = band_power(a, sample_rate)
    power_b, _ = band_power(b, sample_rate)
    weights = on_beat_weights(beats, power_a.shape[-1], rate)
    index = np.arange(len(beats))
    reach = round(SEARCH_BEATS * float(np.diff(beats).min()) * rate)
    heard, correlations = [], []
    for centre in index:
        ends = np.interp([centre - HALF_WINDOW_BEATS, centre + HALF_WINDOW_BEATS], index, beats)
        start = max(round(ends[0] * rate), reach)
        stop = min(round(ends[1] * rate), power_a.shape[-1] - reach)
        if stop - start < 2 * reach or not _both_audible(power_a, power_b, start, stop):
            continue
        heard.append(int(centre))
        correlations.append(_window_correlation(power_a, power_b, weights, start, stop, reach))
    if not heard:
        return BeatOffset(reason="A and B are never audible together")
    slack = max(1, round(DRIFT_MS_PER_BEAT / 1000.0 * rate))
    steps, table = np.diff(heard).astype(float), np.stack(correlations)
    path, score = _steady_path(table, steps, slack)
    spread = round(SPREAD_MS / 1000.0 * rate)
    lags = [_refine(c, lag, spread) for c, lag in zip(table, path, strict=True)]
    clear = [(c, (lag - reach) / rate * 1000.0) for c, lag in zip(heard, lags, strict=True) if lag]
    if len(clear) < max(1.0, MIN_CLEAR_PART * len(heard)):
        return BeatOffset(reason="A and B share no clear onsets")
    if score <= _best_by_chance(table, steps, slack):
        return BeatOffset(reason="A and B share no more onsets than chance gives")
    centres, offsets = zip(*clear, strict=True)
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


def _window_correlation(
    power_a: FloatArray,
    power_b: FloatArray,
    weights: FloatArray,
    start: int,
    stop: int,
    reach: int,
) -> FloatArray:
    """Correlate the onsets in one window at each lag from ``-reach`` to ``reach``."""
    means = [to_db(p[:, start:stop].mean(axis=-1)) for p in (power_a, power_b)]
    both = (means[0] > BAND_DBFS) & (means[1] > BAND_DBFS)
    if not both.any():
        return np.zeros(2 * reach + 1)
    a = onset_strength(power_a[both, start:stop])
    b = onset_strength(power_b[both, start - reach : stop + reach])
    return _lagged_correlation(a, b, weights[start:stop])


def _lagged_correlation(a: FloatArray, b: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted Pearson correlation over all bands of A with B read later and later, ``[lags]``.

    One correlation for all bands, not a mean of one for each: a band counts as much as its onsets
    are steep in both, so a click outweighs a slow rise, and a band without drums counts for little.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    def slide(kernel: FloatArray, signal: FloatArray) -> FloatArray:
        size = next_fast_len(len(signal) + len(kernel) - 1, real=True)
        product = rfft(signal, size) * rfft(kernel[::-1], size)
        return np.asarray(irfft(product, size)[len(kernel) - 1 : len(signal)])

    w = weights / weights.sum()
    a = a - (w * a).sum(axis=-1, keepdims=True)
    covariance = np.sum([slide(w * x, y) for x, y in zip(a, b, strict=True)], axis=0)
    variance_b = np.sum([slide(w, y**2) - slide(w, y) ** 2 for y in b], axis=0)
    scale = np.sqrt(np.maximum(variance_b, 0.0) * (w * a**2).sum())
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 1e-9)


def _steady_path(
    correlations: FloatArray, steps: FloatArray, slack: int
) -> tuple[list[int], float]:
    """Find the jump-free path of lags with the largest sum of correlations, and that sum.

    Parameters
    ----------
    correlations : ndarray
        ``[windows, lags]``.
    steps : ndarray
        ``[windows - 1]``: beats from one window to the next.
    slack : int
        Largest change of the lag for each beat.

    Notes
    -----
    Dynamic programming, as in the Viterbi algorithm.
    """
    from scipy.ndimage import maximum_filter1d

    lags = correlations.shape[1]
    distance = np.abs(np.linspace(-1.0, 1.0, lags))
    scores = np.maximum(correlations, 0.0) * (1.0 - (1.0 - NEARLY) * distance)
    best = [scores[0]]
    for score, step in zip(scores[1:], steps, strict=True):
        best.append(score + maximum_filter1d(best[-1], 2 * slack * int(step) + 1, mode="nearest"))
    path = [int(np.argmax(best[-1]))]
    for total, step in zip(best[-2::-1], steps[::-1], strict=True):
        low = max(0, path[-1] - slack * int(step))
        high = path[-1] + slack * int(step) + 1
        path.append(low + int(np.argmax(total[low:high])))
    return path[::-1], float(best[-1].max())


def _best_by_chance(correlations: FloatArray, steps: FloatArray, slack: int) -> float:
    """Highest sum of a path through blocks of windows whose lags were shifted at random.

    A block keeps what overlapping windows share. Too few blocks say nothing: 0.
    """
    windows, lags = correlations.shape
    blocks = -(-windows // BLOCK_WINDOWS)
    if blocks < 3:
        return 0.0
    rng = np.random.default_rng(0)
    highest = 0.0
    for _ in range(SHUFFLES):
        shifts = np.repeat(rng.integers(0, lags, blocks), BLOCK_WINDOWS)[:windows]
        index = (np.arange(lags) + shifts[:, None]) % lags
        shuffled = np.take_along_axis(correlations, index, axis=1)
        highest = max(highest, _steady_path(shuffled, steps, slack)[1])
    return highest


def _refine(correlation: FloatArray, lag: int, slack: int) -> float | None:
    """Refine one window's maximum near the path by a parabola; None if it is not distinct."""
    low, high = max(1, lag - slack), min(len(correlation) - 1, lag + slack + 1)
    best = low + int(np.argmax(correlation[low:high])) if high > low else 0
    if not 0 < best < len(correlation) - 1:
        return None
    left, height, right = correlation[best - 1 : best + 2]
    if height < max(left, right):  # still rising at the end of the range: no maximum here
        return None
    if height < MIN_CORRELATION or height - np.median(correlation) < MIN_PROMINENCE:
        return None
    bend = left - 2.0 * height + right
    return float(best + (0.5 * (left - right) / bend if bend < 0 else 0.0))
