"""Sums of basses whose level is known."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.low_end import low_end_excess_db

RATE = 22050
CLOCK = 0.25 + 0.5 * np.arange(9)
TIME = np.arange(int(4.5 * RATE)) / RATE


def sine(hz: float, gain: float = 0.3, phase: float = 0.0) -> np.ndarray:
    return (gain * np.sin(2 * np.pi * hz * TIME + phase))[None]


@pytest.mark.parametrize(
    ("b", "wanted"), [(sine(60), 6.02), (sine(80), 3.01), (sine(60, phase=np.pi / 2), 3.01)]
)
def test_two_equal_basses(b, wanted):
    a = sine(60)
    assert low_end_excess_db(a + b, a, b, RATE, CLOCK) == pytest.approx(wanted, abs=0.1)


def test_an_exchange_and_an_equal_power_fade_add_nothing():
    a, b = sine(60), sine(80)
    half = TIME < 2.25
    assert low_end_excess_db(np.where(half, a, b), a, b, RATE, CLOCK) == pytest.approx(0, abs=0.2)
    mix = np.sqrt(0.5) * (a + b)
    assert low_end_excess_db(mix, a, b, RATE, CLOCK) == pytest.approx(0, abs=0.1)


def test_treble_is_no_low_end():
    a, b = sine(60), sine(2000)
    assert low_end_excess_db(a + b, a, b, RATE, CLOCK) == pytest.approx(0, abs=0.05)
    assert low_end_excess_db(b, 0 * a, b, RATE, CLOCK) is None


def test_a_little_in_a_rest_is_no_excess():
    a = np.where(TIME < 3.0, sine(60), 1e-4 * sine(60))
    mix = np.where(TIME < 3.0, sine(60), 0.1 * sine(60))
    assert low_end_excess_db(mix, a, 0 * a, RATE, CLOCK) < 0.1
