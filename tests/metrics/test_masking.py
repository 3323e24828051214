"""Cells that two sounds share by construction."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.masking import masking_fraction

RATE = 22050
CLOCK = 0.5 * np.arange(9)
SAMPLES = int(4 * RATE)


def noise(seed: int, low: float = 20, high: float = 11000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(SAMPLES))
    hz = np.fft.rfftfreq(SAMPLES, 1 / RATE)
    return 0.1 * np.fft.irfft(spectrum * ((hz >= low) & (hz < high)), SAMPLES)[None]


def test_a_sound_on_itself_is_all_masked_and_alone_not_at_all():
    a = noise(0)
    assert masking_fraction(a, a, RATE, CLOCK) == 1.0
    assert masking_fraction(a, 0.4 * a, RATE, CLOCK) == 0.0  # 8 dB apart
    assert masking_fraction(a, 0.6 * a, RATE, CLOCK) == 1.0  # 4.4 dB
    assert masking_fraction(a, 0 * a, RATE, CLOCK) == 0.0
    assert masking_fraction(0 * a, 0 * a, RATE, CLOCK) is None


def test_it_is_the_part_of_the_time_that_both_are_there():
    a = noise(0)
    b = np.where(np.arange(SAMPLES) < SAMPLES // 4, a, 0.0)
    assert masking_fraction(a, b, RATE, CLOCK) == pytest.approx(0.25, abs=0.02)


def test_different_bands_do_not_mask_and_shared_ones_do():
    low, high = noise(1, 100, 1080), noise(2, 1480, 9500)
    apart = masking_fraction(low, high, RATE, CLOCK)
    assert apart < 0.02
    both = masking_fraction(low + high, noise(3, 100, 1080), RATE, CLOCK)
    assert both > 10 * apart


def test_only_the_window_counts():
    a = noise(0)
    b = np.where(np.arange(SAMPLES) < RATE, a, 0.0)
    assert masking_fraction(a, b, RATE, CLOCK[3:]) == 0.0
