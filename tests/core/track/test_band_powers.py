"""Power of tones in bands, and its mean over frames."""

from __future__ import annotations

import math

import pytest
import torch

from djtrans.core.track.band_powers import BandPowers, band_powers

RATE = 8000
EDGES = (0.0, 100.0, 400.0, math.inf)


@pytest.mark.parametrize(("hz", "band"), [(50.0, 0), (250.0, 1), (1000.0, 2)])
def test_a_tone_has_its_power_in_its_band(hz, band):
    t = torch.arange(2 * RATE) / RATE
    both = torch.stack([torch.sin(2 * math.pi * hz * t), torch.zeros_like(t)])
    found = band_powers(both, RATE, EDGES, hop_seconds=0.02)
    assert found.hop_seconds == 0.02
    inner = found.power[10:-10]
    # A sine has a mean square of 1/2; the other channel is silent.
    assert torch.allclose(inner[:, band], torch.tensor(0.25), rtol=0.01)
    assert float(inner.sum(dim=1).max()) < 0.2525


def test_what_is_outside_the_edges_does_not_count():
    t = torch.arange(RATE) / RATE
    audio = torch.sin(2 * math.pi * 1000 * t)[None]
    assert float(band_powers(audio, RATE, (0.0, 500.0)).power[10:-10].max()) < 1e-6


def test_frames_have_the_mean_of_their_hops():
    powers = BandPowers(torch.arange(10.0)[:, None], 0.1)
    frames = powers.frame_means(torch.tensor([0.0, 0.2, 0.5]))
    assert torch.allclose(frames[:, 0], torch.tensor([0.5, 3.0, 6.0]))


def test_a_frame_shorter_than_a_hop_has_the_nearest_one():
    powers = BandPowers(torch.arange(10.0)[:, None], 0.1)
    assert powers.frame_means(torch.tensor([0.30, 0.31, 0.32]))[:, 0].tolist() == [3.0, 3.0, 3.0]
