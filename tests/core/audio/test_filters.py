"""Filters on the spectrum against their closed forms, and loudness against the standard's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.audio.filters import band_gain, filtered, spectrum_of
from djtrans.core.audio.loudness import integrated_lufs
from djtrans.metrics.loudness import gated_loudness

RATE = 22050
TIME = np.arange(3 * RATE) / RATE


def test_no_gain_is_the_same_audio_also_at_a_lower_rate():
    audio = np.sin(2 * np.pi * 100 * TIME)[None] * np.hanning(len(TIME))
    same, rate = filtered(spectrum_of(audio), len(TIME), RATE, np.ones_like)
    assert rate == RATE
    assert np.allclose(same, audio, atol=1e-6)
    low, rate = filtered(spectrum_of(audio), len(TIME), RATE, np.ones_like, top_hz=500)
    assert 1000 <= rate < 1100
    wanted = np.interp(np.arange(low.shape[1]) / rate, TIME, audio[0])
    assert np.allclose(low, wanted, atol=1e-3)


@pytest.mark.parametrize("hz", [15, 30, 67, 150, 300])
def test_a_band_is_butterworths_both_ways(hz):
    from scipy.signal import butter, sosfreqz

    sos = butter(2, [30, 150], btype="bandpass", fs=RATE, output="sos")
    _, wanted = sosfreqz(sos, [hz], fs=RATE)
    assert band_gain(30, 150)(np.array([float(hz)])) == pytest.approx(abs(wanted) ** 2, rel=0.02)
    wave = np.sin(2 * np.pi * hz * TIME)[None]
    out, _ = filtered(spectrum_of(wave), len(TIME), RATE, band_gain(30, 150))
    middle = out[0, RATE : 2 * RATE]
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(float(abs(wanted[0]) ** 2), rel=0.03)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_loudness_is_the_standards(rate):
    rng = np.random.default_rng(rate)
    level = np.repeat([0.0, 0.02, 0.2, 0.1], rate * 2)
    audio = level * rng.standard_normal((2, 8 * rate))
    exact = integrated_lufs(torch.from_numpy(audio).float(), rate)
    assert gated_loudness(audio, rate) == pytest.approx(exact, abs=0.01)
    assert gated_loudness(0 * audio, rate) == -70.0
    exact = integrated_lufs(torch.from_numpy(audio[:1]).float(), rate)
    assert gated_loudness(audio[:1], rate) == pytest.approx(exact, abs=0.01)
