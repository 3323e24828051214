"""Weights with which curves are matched to band gains."""

from __future__ import annotations

import pytest
import torch

from djtrans.inverse.bands import FINE_EDGES_HZ, members
from djtrans.inverse.gains_to_curves import _shares

FREQS = torch.fft.rfftfreq(2048, 1.0 / 22050)


def test_a_band_counts_by_its_share_of_the_low_mid_or_high_band():
    member = members(FREQS, FINE_EDGES_HZ)
    power = torch.tensor([1.0, 5.0, 3.0, 1.0, 2.0, 2.0, 0.0, 0.0, 9.0, 1.0]).view(1, 1, 10)
    shares = _shares(power, FREQS, member)[0, 0].tolist()
    assert shares == pytest.approx([0.1, 0.5, 0.3, 0.1, 0.5, 0.5, 0.0, 0.0, 0.9, 0.1])
    assert float(_shares(0.0 * power, FREQS, member).abs().max()) == 0.0
