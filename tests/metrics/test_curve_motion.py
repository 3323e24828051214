"""Ways that are known."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.curve_motion import curve_motion


def test_a_fade_goes_one_way_and_a_still_curve_does_not_count():
    curves = np.stack([np.linspace(0, 1, 33), np.full(33, 0.5)], axis=1)
    found = curve_motion(curves, frames_per_beat=2)
    assert found.moving == 1
    assert found.total_variation == pytest.approx(1.0)
    assert found.steepest == pytest.approx(2 / 32)


def test_there_and_back_and_a_step():
    step = np.repeat([0.0, 1.0], 16)
    back = np.concatenate([np.linspace(0, 0.5, 16), np.linspace(0.5, 0, 16)])
    found = curve_motion(np.stack([step, back], axis=1), frames_per_beat=2)
    assert (found.moving, found.steepest) == (2, pytest.approx(2.0))
    assert found.total_variation == pytest.approx(1.0)


def test_nothing():
    assert curve_motion(None, 2).moving is None
    assert curve_motion(np.ones((8, 3)), 2).total_variation == 0.0
