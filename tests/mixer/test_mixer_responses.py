"""The rendered response of the default mixer on white noise, against scipy's digital filters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import signal

from djtrans.mixer.build import DifferentiableDJMixer

RATE = 44100
MIXER = DifferentiableDJMixer()
NOISE = 0.1 * torch.randn(1, 6 * RATE, generator=torch.Generator().manual_seed(0))


def rendered_response_db(settings):
    """Gain in dB at each Welch frequency: one stem of noise, held curves, all else silent."""
    stems = torch.zeros(4, 1, NOISE.shape[-1])
    stems[1] = NOISE
    values = torch.tensor(MIXER.layout.neutral).repeat(8, 1)
    for key, value in settings.items():
        values[:, MIXER.layout.index(key)] = value
    with torch.no_grad():
        out = MIXER(stems, torch.zeros_like(stems), values).a
    size = 16384
    freqs, power = signal.welch(out[0].numpy(), RATE, nperseg=size)
    _, before = signal.welch(NOISE[0].numpy(), RATE, nperseg=size)
    return freqs, 10 * np.log10(power / before + 1e-20)


def cutoff(hz):
    return math.log(hz / 20) / math.log(1000)


def butterworth_db(hz, kind, freqs):
    sos = signal.butter(4, hz, kind, fs=RATE, output="sos")
    _, response = signal.sosfreqz(sos, worN=freqs, fs=RATE)
    return 20 * np.log10(np.abs(response) + 1e-12)


@pytest.mark.parametrize("hz", [500.0, 2000.0, 8000.0])
@pytest.mark.parametrize(("node", "kind"), [("lpf", "lowpass"), ("hpf", "highpass")])
def test_filters_are_scipys_butterworth(node, kind, hz):
    """Within 0.5 dB down to -12 dB, and within 1.5 dB down to -30 dB."""
    freqs, found = rendered_response_db({f"a/bass/{node}/cutoff": cutoff(hz)})
    wanted = butterworth_db(hz, kind, freqs)
    inside = (freqs > 30) & (freqs < 20000)
    for floor, tolerance in ((-12, 0.5), (-30, 1.5)):
        near = inside & (wanted > floor)
        assert near.sum() > 50
        assert np.abs(found - wanted)[near].max() < tolerance


def test_the_isolator_is_a_linkwitz_riley_crossover():
    """Each band alone has the squared magnitude of Butterworth filters, within 0.5 dB to -20 dB."""
    low, high = (signal.butter(2, hz, "lowpass", fs=RATE, output="sos") for hz in (300.0, 4000.0))
    for band in ("low", "mid", "high"):
        others = {f"a/bass/eq/{b}": 0.0 for b in ("low", "mid", "high") if b != band}
        freqs, found = rendered_response_db(others)
        below_low, below_high = (
            np.abs(signal.sosfreqz(sos, worN=freqs, fs=RATE)[1]) ** 2 for sos in (low, high)
        )
        weights = {"low": below_low, "mid": below_high - below_low, "high": 1 - below_high}
        wanted = 20 * np.log10(np.maximum(weights[band], 1e-9))
        near = (wanted > -20) & (freqs > 30) & (freqs < 20000)
        assert near.sum() > 50
        assert np.abs(found - wanted)[near].max() < 0.5


def test_the_fader_is_flat():
    freqs, found = rendered_response_db({"a/bass/fader/gain": 0.5})
    assert np.abs(found - 20 * math.log10(0.5))[(freqs > 20) & (freqs < 21000)].max() < 0.01
