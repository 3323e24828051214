"""Peaks between the samples, and clipped samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.errors import ShapeError
from djtrans.metrics import peaks

RATE = 44100


def test_a_sine_between_the_samples():
    # A quarter of the rate at 45 degrees: every sample is 3 dB under the peak.
    n = np.arange(RATE)
    sine = np.sin(np.pi / 2 * n + np.pi / 4)[None]
    ramp = np.minimum(1.0, np.minimum(n, n[::-1]) / 1000)
    found = peaks(sine * ramp, RATE)
    assert found.true_peak_db == pytest.approx(0.0, abs=0.1)
    assert found.clipped_samples == 0


def test_clipped_samples_are_counted_in_both_channels():
    audio = torch.zeros(2, RATE)
    audio[0, 1000:1003] = 1.0
    audio[1, 2000] = -1.25
    assert peaks(audio, RATE).clipped_samples == 4
    assert peaks(0.5 * audio, RATE).clipped_samples == 0


def test_louder_is_higher():
    noise = np.random.default_rng(0).uniform(-0.4, 0.4, (2, RATE))
    quiet, loud = peaks(noise, RATE), peaks(2 * noise, RATE)
    assert loud.true_peak_db - quiet.true_peak_db == pytest.approx(6.02, abs=0.01)


def test_three_axes_are_refused():
    with pytest.raises(ShapeError, match="mix has shape"):
        peaks(torch.zeros(1, 2, 100), RATE)
