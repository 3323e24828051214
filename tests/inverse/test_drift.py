"""Drifts of tracks whose offsets are known."""

from __future__ import annotations

import pytest
import torch

from djtrans.inverse.bands import FINE_EDGES_HZ
from djtrans.inverse.drift import HOP_SECONDS, REACH_SECONDS, Drift, find_drift
from djtrans.inverse.track_gains import track_band_gains

RATE, SECONDS = 22050, 8
TIMES = torch.arange(1, SECONDS, dtype=torch.float64)
FRAMES = torch.arange(2 * SECONDS, dtype=torch.float64) * 0.5


def clicks(seed):
    """Decaying bursts of noise at irregular times over a weak noise."""
    generator = torch.Generator().manual_seed(seed)
    audio = 1e-3 * torch.randn(1, RATE * SECONDS, generator=generator)
    burst = torch.exp(-torch.arange(2000) / 400.0)
    gaps = torch.randint(3000, 7000, (100,), generator=generator)
    for start in gaps.cumsum(0).tolist():
        if start + 2000 < audio.shape[-1]:
            audio[0, start : start + 2000] += torch.randn(2000, generator=generator) * burst
    return audio


def late(audio, seconds):
    """Read audio at the nearest sample of ``time - seconds``, for an offset of each sample."""
    at = torch.arange(audio.shape[-1]) - (seconds * RATE).round().long()
    return audio[:, at.clamp(0, audio.shape[-1] - 1)]


@pytest.mark.parametrize("offset", [-0.03, -0.006, 0.0, 0.015, 0.04])
def test_a_constant_offset_is_found_beside_another_track(offset):
    track, other = clicks(1), clicks(2)
    mix = late(track, torch.full((RATE * SECONDS,), offset)) + other
    drift = find_drift(mix, track, RATE)
    assert (drift.at(TIMES) - offset).abs().max() <= 1.5 * HOP_SECONDS
    assert (find_drift(mix, other, RATE).at(TIMES)).abs().max() <= HOP_SECONDS


def test_an_offset_that_grows_is_followed():
    offset = torch.linspace(-0.02, 0.02, RATE * SECONDS, dtype=torch.float64)
    track = clicks(3)
    drift = find_drift(late(track, offset) + clicks(4), track, RATE)
    # Beyond the middles of the first and the last window the course is level.
    inner = TIMES[1:-1]
    expected = -0.02 + 0.04 * inner / SECONDS
    assert (drift.at(inner) - expected).abs().max() <= 2 * HOP_SECONDS


def test_a_track_that_is_not_in_the_mix_does_not_wander():
    drift = find_drift(clicks(5), clicks(6), RATE)
    assert drift.late.abs().max() <= REACH_SECONDS
    assert drift.late.diff().abs().sum() <= 0.02
    silent = find_drift(clicks(5), torch.zeros(1, RATE * SECONDS), RATE)
    assert silent.late.abs().max() == 0.0


def test_a_drift_is_linear_between_its_points_and_level_beyond():
    drift = Drift(torch.tensor([1.0, 3.0]).double(), torch.tensor([0.0, 0.02]).double())
    found = drift.at(torch.tensor([0.0, 1.0, 2.0, 3.0, 9.0]).double())
    assert found.tolist() == pytest.approx([0.0, 0.0, 0.01, 0.02, 0.02])


def test_gains_are_those_of_the_aligned_track():
    track, other = clicks(7), clicks(8)
    # Open at the ends, to which gains are relative.
    line = (1.5 - FRAMES.float() / 4.0).clamp(0.0, 1.0)
    fader = (1.5 - torch.arange(RATE * SECONDS) / RATE / 4.0).clamp(0.0, 1.0)
    offset = torch.full((RATE * SECONDS,), 0.03)
    mix = track * fader + late(other, offset) * (1.0 - fader)
    gains, _ = track_band_gains(mix, track, other, RATE, FRAMES, FINE_EDGES_HZ)
    inner = slice(1, -1)
    for found, wanted in zip(gains, (line, 1.0 - line), strict=True):
        assert (found[inner].mean(dim=-1) - wanted[inner]).abs().mean() < 0.04


def test_what_lies_beyond_the_end_of_a_track_is_not_taken_for_the_other():
    track, other = clicks(9), clicks(10)
    mix = late(other, torch.full((RATE * SECONDS,), -0.04))
    # The mix goes on with a sound of B after the end of its file, while A sounds, too.
    generator = torch.Generator().manual_seed(0)
    mix[:, -800:] = torch.randn(800, generator=generator)
    track[:, -800:] = torch.randn(800, generator=generator)
    gains, _ = track_band_gains(mix, track, other, RATE, FRAMES, FINE_EDGES_HZ)
    assert gains[0, -3:].max() < 0.3
