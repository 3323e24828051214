"""The confidence of plans: a product of probabilities."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from djtrans.planning.confidence import (
    COINCIDE,
    LEFT_OUT,
    LEFT_OUT_SECONDS,
    certainty,
    passing_probability,
)
from djtrans.planning.scoring import DIPS, FALLS, NO_BASS, TWO_BASSES

CLEAN = {DIPS: 0.0, FALLS: 0.0, NO_BASS: 0.0, TWO_BASSES: 0.0}


def logistic(x):
    return 1.0 / (1.0 + math.exp(-x))


def test_a_clean_mix_passes_with_the_product_of_the_intercepts():
    clean = logistic(4.1) * logistic(2.7) * logistic(4.9)
    assert passing_probability(CLEAN, 0.0, matched=False) == pytest.approx(clean)
    assert passing_probability(CLEAN, 0.0, matched=True) == pytest.approx(COINCIDE * clean)
    late = passing_probability(CLEAN, LEFT_OUT_SECONDS + 1.0, matched=False)
    assert late == pytest.approx(LEFT_OUT * clean)


@pytest.mark.parametrize(
    ("fault", "value", "intercept", "slope"),
    [
        (DIPS, 5.0, 4.1, -1.0),
        (NO_BASS, 3.0, 2.7, -1.1),
        (TWO_BASSES, 2.0, 2.7, -1.9),
        (FALLS, 6.0, 4.9, -1.2),
    ],
)
def test_a_fault_lowers_it_by_its_logistic_function(fault, value, intercept, slope):
    ratio = logistic(intercept + slope * value) / logistic(intercept)
    found = passing_probability({**CLEAN, fault: value}, 0.0, matched=False)
    assert found == pytest.approx(ratio * passing_probability(CLEAN, 0.0, matched=False))


def test_the_least_certain_beat_or_downbeat_counts(analysis):
    sure, unsure = analysis(), analysis(confidence=0.8, downbeat_confidence=0.7)
    assert certainty(sure, unsure) == certainty(unsure, sure) == 0.7
    assert certainty(sure, analysis(confidence=0.3)) == 0.3


def test_a_plan_is_as_sure_as_its_grids(analysis, plan):
    sure = plan(analysis(), analysis()).confidence
    assert 0.8 < sure <= COINCIDE
    made = plan(analysis(confidence=0.8), analysis(downbeat_confidence=0.7))
    assert made.confidence == pytest.approx(0.7 * sure, abs=2e-3)


def test_a_fall_that_cannot_be_avoided_is_not_trusted(analysis, plan):
    b = analysis()
    weak = np.where(np.arange(64) < 8, 0.0, -9.0)
    b = attrs.evolve(b, bar_loudness_db=weak, bar_low_db=weak - 6.0)
    assert plan(analysis(), b, swap_b_seconds=32.0).confidence < 0.1
