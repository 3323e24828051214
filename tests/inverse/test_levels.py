"""Levels of two tracks in a mix."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.inverse.levels import level_trims

RATE, SECONDS = 22050, 16


def noise(seed: int, tilt: float) -> torch.Tensor:
    """Return noise whose power falls with ``frequency ** tilt``, in one channel."""
    samples = torch.randn(1, RATE * SECONDS, generator=torch.Generator().manual_seed(seed))
    spectrum = torch.fft.rfft(samples)
    hz = torch.fft.rfftfreq(samples.shape[-1], 1.0 / RATE).clamp(min=20.0)
    return torch.fft.irfft(spectrum * (hz / 1000.0) ** (-tilt / 2), samples.shape[-1])


@pytest.mark.parametrize("same", [True, False], ids=["same-phases", "other-phases"])
def test_levels_do_not_depend_on_phases(same):
    fade = torch.linspace(1.0, 0.0, RATE * SECONDS)
    sources = [noise(1, 1.0), noise(2, 0.0)]
    played = sources if same else [noise(3, 1.0), noise(4, 0.0)]
    mix = db_to_amplitude(3.0) * played[0] * fade + db_to_amplitude(-4.0) * played[1] * (1 - fade)
    # Within the outer quarters the faders move by up to 2.5 dB, by 1.2 dB at their middles.
    assert level_trims(mix, *sources, RATE) == pytest.approx((3.0 - 1.2, -4.0 - 1.2), abs=0.6)


def test_tracks_of_another_mix_have_no_level():
    assert level_trims(noise(5, 1.0), 1e-3 * noise(6, 1.0), 1e-3 * noise(7, 1.0), RATE) == (0, 0)
