"""Coefficients of the K weighting."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from djtrans.core.audio.k_weighting import k_weighting_stages


def test_at_48_khz_they_are_the_table_of_the_standard():
    # ITU-R BS.1770-5, tables 1 and 2.
    shelf, high_pass = k_weighting_stages(48000)
    assert shelf.b == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285])
    assert shelf.a == pytest.approx([1.0, -1.69065929318241, 0.73248077421585])
    assert high_pass.b == pytest.approx([1.0, -2.0, 1.0])
    assert high_pass.a == pytest.approx([1.0, -1.99004745483398, 0.99007225036621])


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
def test_at_other_rates_they_are_those_of_pyloudnorm(rate):
    filters = pyloudnorm.Meter(rate, filter_class="DeMan")._filters.values()
    for stage, theirs in zip(k_weighting_stages(rate), filters, strict=True):
        np.testing.assert_allclose(stage.b, theirs.b, rtol=1e-9)
        np.testing.assert_allclose(stage.a, theirs.a, rtol=1e-9)
