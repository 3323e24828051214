"""Medians and means with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError

#: Resamples of a bootstrap: its interval's ends then move by about 2 % of its width between seeds.
RESAMPLES = 2000


@attrs.frozen
class Estimate:
    """Median with a confidence interval.

    Attributes
    ----------
    median : float or None
        None if there are no values.
    low, high : float or None
        Ends of the interval; None for fewer than two values, whose spread is unknown.
    n : int
        Number of values.
    """

    median: float | None
    low: float | None
    high: float | None
    n: int


def median_interval(
    values: Iterable[float | None], *, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """Compute a median and its percentile bootstrap interval.

    Parameters
    ----------
    values : iterable of float or None
        Measured values; None (not measurable) is ignored, and `n` is the number of the others.
    confidence : float
        Confidence level, between 0 and 1.
    seed : int
        Seed of the resampling: the same values give the same interval.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        If a value is not finite, or `confidence` is out of range.

    Notes
    -----
    The interval is not bias-corrected and accelerated (BCa), because the median of a resample takes
    few values and BCa divides by an estimate that is 0 for medians with ties [1]_.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13, 14.

    Examples
    --------
    >>> median_interval([3.0, 1.0, None, 2.0]).median
    2.0
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence:g} is not allowed; give a value from 0 to 1.")
    return Estimate(*_interval(values, np.median, confidence, seed))


@attrs.frozen
class Mean:
    """Mean with a confidence interval.

    Attributes
    ----------
    mean : float or None
        None if there are no values.
    low, high : float or None
        Ends of the interval; None for fewer than two values, whose spread is unknown.
    n : int
        Number of values.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int


def mean_interval(
    values: Iterable[float | None], *, confidence: float = 0.95, seed: int = 0
) -> Mean:
    """Compute a mean and its percentile bootstrap interval; see :func:`median_interval`.

    Examples
    --------
    >>> mean_interval([1.0, 0.0, None, 1.0, 0.0]).mean
    0.5
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence:g} is not allowed; give a value from 0 to 1.")
    return Mean(*_interval(values, np.mean, confidence, seed))


def _interval(
    values: Iterable[float | None],
    statistic: Callable[..., Any],
    confidence: float,
    seed: int,
) -> tuple[float | None, float | None, float | None, int]:
    """Compute a statistic, the ends of its interval, and the number of values."""
    known: NDArray[np.float64] = np.array([v for v in values if v is not None], dtype=float)
    if not np.isfinite(known).all():
        raise InputError("A value is not finite; give None for a value that was not measured.")
    if len(known) == 0:
        return None, None, None, 0
    middle = float(statistic(known))
    if len(known) == 1:
        return middle, None, None, 1
    if np.ptp(known) == 0:
        return middle, middle, middle, len(known)
    from scipy.stats import bootstrap

    interval = bootstrap(
        (known,),
        statistic,
        n_resamples=RESAMPLES,
        vectorized=True,
        confidence_level=confidence,
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    # Percentiles are interpolated, which may be off by the last digit.
    low = float(np.clip(interval.low, known.min(), middle))
    high = float(np.clip(interval.high, middle, known.max()))
    return middle, low, high, len(known)
