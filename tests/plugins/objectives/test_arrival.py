"""Level of the mix after the swap."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("gain", "decibels"), [(1.0, 0.0), (0.5, 6.02), (0.25, 12.04)])
def test_the_arrival_is_weak_by_what_b_lacks(moves, rate, gain, decibels):
    swapped = moves().set("a/*/fader/gain", 0.0, 8).set("b/*/fader/gain", gain, 8)
    assert rate("weak-arrival", swapped) == pytest.approx(decibels, abs=0.7)
