"""Rates that were put in come out."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.tempo_change import tempo_change_percent

CLOCK = 60 / 126 * np.arange(17)


def test_a_constant_rate():
    assert tempo_change_percent(30 + 1.04 * CLOCK, CLOCK) == pytest.approx(4.0)
    assert tempo_change_percent(30 + 0.97 * CLOCK, CLOCK) == pytest.approx(-3.0)


def test_of_a_ramp_the_end_that_is_further_off():
    rate = np.linspace(1.0, 0.95, 16)
    file_seconds = np.concatenate([[0.0], np.cumsum(rate * np.diff(CLOCK))])
    assert tempo_change_percent(file_seconds, CLOCK) == pytest.approx(-5.0)


def test_unknown():
    assert tempo_change_percent(np.array([]), CLOCK) is None
