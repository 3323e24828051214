"""Medians and bootstrap intervals, compared with sorting, a hand-written bootstrap and coverage."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from djtrans.core.errors import InputError
from djtrans.core.util.statistics import Estimate, median_interval


@settings(max_examples=25)
@given(st.lists(st.none() | st.floats(-1e3, 1e3), min_size=1, max_size=30))
@example([0.0, -4.060238160553045e-246, -4.060238160553045e-246])  # interpolated past the median
def test_the_median_is_that_of_what_was_measured(values):
    known = [v for v in values if v is not None]
    estimate = median_interval(values)
    assert estimate.n == len(known)
    if known:
        assert estimate.median == pytest.approx(statistics.median(known))
    if len(known) > 1:
        assert min(known) <= estimate.low <= estimate.median <= estimate.high <= max(known)


def test_too_few_values_have_no_interval():
    assert median_interval([None, None]) == Estimate(None, None, None, 0)
    assert median_interval([None, 4.0]) == Estimate(4.0, None, None, 1)
    assert median_interval([4.0, 4.0, 4.0]) == Estimate(4.0, 4.0, 4.0, 3)


def test_the_interval_is_that_of_a_hand_written_bootstrap():
    values = np.random.default_rng(1).normal(size=40)
    draws = np.random.default_rng(2).choice(values, size=(20_000, 40))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
    estimate = median_interval(values)
    assert estimate.low == pytest.approx(low, abs=0.06)
    assert estimate.high == pytest.approx(high, abs=0.06)
    assert estimate == median_interval(values)


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    rng = np.random.default_rng(3)
    hits = [
        e.low <= 0 <= e.high for e in (median_interval(rng.normal(size=25)) for _ in range(200))
    ]
    assert 0.89 <= np.mean(hits) <= 0.99


def test_a_wider_confidence_is_a_wider_interval():
    values = np.arange(30.0)
    half, most = median_interval(values, confidence=0.5), median_interval(values, confidence=0.99)
    assert most.low < half.low < half.high < most.high


@pytest.mark.parametrize(
    ("values", "confidence", "match"),
    [([1.0, float("nan")], 0.95, "not finite"), ([1.0], 1.5, "give a value from 0 to 1")],
)
def test_what_is_wrong_is_said(values, confidence, match):
    with pytest.raises(InputError, match=match):
        median_interval(values, confidence=confidence)
