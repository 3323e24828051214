"""Axes say what a value means."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.curves.parameter import Parameter
from djtrans.plot.scales import read, scale_of
from djtrans.report.wording import OFF_DB

GAIN = Parameter(name="low", maximum=2.0, neutral=1.0, curve="gain")
CUTOFF = Parameter(name="cutoff", curve="frequency")
PLAIN = Parameter(name="tilt", minimum=-6.0, maximum=6.0)


def test_gains_are_read_in_decibels_down_to_off():
    assert read(GAIN, np.array([2.0, 1.0, 0.1, 0.0])) == pytest.approx(
        [6.02, 0, -20, OFF_DB], abs=0.01
    )
    scale = scale_of(GAIN)
    assert scale.ticks[0] == (OFF_DB, "off")
    assert scale.limits[0] < OFF_DB
    assert scale.limits[1] > 6.02


def test_cutoffs_are_read_in_hertz():
    assert read(CUTOFF, np.array([0.0, 1 / 3, 1.0])) == pytest.approx([20, 200, 20000])
    scale = scale_of(CUTOFF)
    assert scale.logarithmic
    assert [name for _, name in scale.ticks] == ["20", "200", "2k", "20k"]


def test_the_rest_is_read_as_it_is():
    assert read(PLAIN, np.array([-6.0, 2.0])) == pytest.approx([-6, 2])
    assert [value for value, _ in scale_of(PLAIN).ticks] == [-6, 0, 6]
