"""Band gains of whole tracks, from mixes whose gains are known and whose phases are not."""

from __future__ import annotations

import pytest
import torch

from djtrans.inverse.bands import FINE_EDGES_HZ
from djtrans.inverse.error import band_level_error
from djtrans.inverse.track_gains import band_powers_at, track_band_gains

RATE, SECONDS = 22050, 8
FRAMES = torch.arange(32, dtype=torch.float64) * 0.25


def noise(seed):
    """Noise whose level changes slowly and differently in lows and highs, as music does."""
    generator = torch.Generator().manual_seed(seed)
    white = torch.randn(2, RATE * SECONDS, generator=generator)
    time = torch.arange(RATE * SECONDS) / RATE
    swell = 1.2 + torch.sin(2 * torch.pi * (0.5 + 0.1 * seed) * time + seed)
    return 0.1 * white * swell


def moved(audio, samples):
    """The same sound with other phases: a delay of less than a window."""
    return torch.roll(audio, samples, dims=-1)


def at_samples(values):
    """Hold the values of the frames."""
    index = torch.clamp((torch.arange(RATE * SECONDS) / RATE / 0.25).long(), max=31)
    return values[index]


@pytest.fixture
def faders():
    a = torch.ones(32)
    a[16:] = 0.25
    b = torch.zeros(32)
    b[8:] = 0.5
    b[20:] = 1.0
    return a, b


def test_faders_are_found_although_the_phases_differ(faders):
    a, b = noise(1), noise(2)
    mix = at_samples(faders[0]) * moved(a, 40) + at_samples(faders[1]) * moved(b, 60)
    gains, power = track_band_gains(mix, a, b, RATE, FRAMES, FINE_EDGES_HZ)
    assert gains.shape == power.shape == (2, 32, 10)
    inner = [i for i in range(2, 30) if not {i - 1, i, i + 1} & {8, 16, 20}]
    for track, fader in enumerate(faders):
        error = (gains[track, inner].mean(dim=-1) - fader[inner]).abs()
        assert error.mean() < 0.04
        assert error.max() < 0.15


def test_a_static_equalizer_of_less_than_3_db_is_no_motion():
    a, b = noise(1), noise(2)
    spectrum = torch.fft.rfft(moved(a, 40))
    hz = torch.fft.rfftfreq(a.shape[-1], 1.0 / RATE)
    tilted = torch.fft.irfft(spectrum * torch.where(hz < 300.0, 0.8, 1.2), n=a.shape[-1])
    gains, _ = track_band_gains(tilted, a, b, RATE, FRAMES, FINE_EDGES_HZ)
    assert (gains[0, 2:30] - 1.0).abs().mean() < 0.06
    assert gains[1, 2:-4].max() < 0.25


def test_where_a_track_is_silent_its_gain_is_held(faders):
    a, b = noise(1), noise(2)
    a[:, 4 * RATE :] = 0.0
    mix = moved(a, 40) + at_samples(faders[1]) * moved(b, 60)
    gains, power = track_band_gains(mix, a, b, RATE, FRAMES, FINE_EDGES_HZ)
    assert float(power[0, 20:].max()) == 0.0
    assert (gains[0, 20:] - gains[0, 14:15]).abs().max() < 0.25


def test_powers_are_those_of_a_sine_around_its_frames():
    time = torch.arange(RATE * SECONDS) / RATE
    sine = torch.sin(2 * torch.pi * 1000.0 * time)[None] * (time >= 4.0)
    powers = band_powers_at(sine, RATE, FRAMES, FINE_EDGES_HZ)
    assert int(powers.sum(dim=0).argmax()) == 5  # 600 to 1200 Hz
    assert float(powers[:14].max()) < 1e-6 * float(powers[18:30].min())


def test_the_error_of_levels_ignores_phases_and_sees_gains():
    a = noise(3)
    assert band_level_error(a, a, RATE, FRAMES) == -120.0
    assert band_level_error(a, -a, RATE, FRAMES) == -120.0
    assert band_level_error(a, moved(a, 50), RATE, FRAMES) < -25.0
    assert band_level_error(a, 0.5 * a, RATE, FRAMES) == pytest.approx(-6.02, abs=0.1)
    assert band_level_error(a, 0 * a, RATE, FRAMES) == pytest.approx(0.0, abs=1e-6)


def test_a_closed_track_stays_closed_where_the_other_one_is_smeared():
    """Another stretch or encoder leaves power beside the peaks, where only B has some."""
    time = torch.arange(RATE * SECONDS) / RATE
    octaves = 110.0 * 2.0 ** (torch.arange(36) / 6)
    a = 0.02 * torch.sin(2 * torch.pi * octaves[:, None] * time).sum(dim=0).expand(2, -1)
    # The same tones with a vibrato of half a bin.
    bend = 0.08 * torch.sin(2 * torch.pi * 9.0 * time)
    smeared = 0.02 * torch.sin(2 * torch.pi * octaves[:, None] * time + bend).sum(dim=0)
    b = 0.5 * noise(2)
    mix = smeared + b * (time >= 6.0)
    gains, _ = track_band_gains(mix, a, b, RATE, FRAMES, FINE_EDGES_HZ)
    assert (gains[0, :, 3:9] - 1.0).abs().max() < 0.05
    assert gains[1, :22, 3:9].max() < 0.02
    assert (gains[1, 27:, 5:9] - 1.0).abs().max() < 0.02
