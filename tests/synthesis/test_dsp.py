from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.synthesis.dsp import duck, filtered, place, reverberated, saw, stereo

RATE = 44100


def test_the_saw_has_the_fourier_series_of_a_saw_and_little_else() -> None:
    hz, samples = 441.0, RATE
    spectrum = 2.0 * np.abs(np.fft.rfft(saw(hz, samples, RATE)[:samples])) / samples
    for harmonic in range(1, 6):
        assert spectrum[441 * harmonic] == pytest.approx(2 / (np.pi * harmonic), rel=0.01)
    hz = 1234.0  # a frequency whose aliases fall between the harmonics
    wave = saw(hz, samples, RATE)
    clean, naive = (
        np.delete(np.abs(np.fft.rfft(x))[:5000], np.arange(1234, 5000, 1234)).max()
        for x in (wave, 2 * ((np.arange(samples) * hz / RATE) % 1) - 1)
    )
    assert clean < 0.35 * naive


@given(st.integers(-30, 60), st.integers(1, 25), st.floats(0.1, 2.0))
def test_placing_adds_what_fits(at: int, length: int, gain: float) -> None:
    target = np.ones((2, 40), dtype=np.float32)
    sound = np.arange(1, 2 * length + 1, dtype=np.float32).reshape(2, length)
    expected = target.copy()
    for channel in range(2):
        for i in range(length):
            if 0 <= at + i < 40:
                expected[channel, at + i] += np.float32(gain) * sound[channel, i]
    place(target, sound, at, gain)
    np.testing.assert_allclose(target, expected, rtol=1e-6)


def test_ducking_is_deepest_at_the_kick_and_over_after_the_recovery() -> None:
    target = np.ones((2, 10000), dtype=np.float32)
    duck(target, [0, 4000, 9900], 2000, 0.6, RATE)
    for kick in (0, 4000, 9900):
        assert target[0, kick] == pytest.approx(0.4, abs=0.01)
    assert np.all(target[:, 2000 : 4000 - 200] == 1.0)
    assert np.all(target[:, 6000 : 9900 - 200] == 1.0)
    assert np.abs(np.diff(target[0, 3000:9000])).max() < 0.02  # it does not click


def test_panning_keeps_the_power() -> None:
    sound = np.sin(np.arange(1000) * 0.1)
    for pan in (-1.0, -0.3, 0.0, 0.8, 1.0):
        assert np.sum(stereo(sound, pan) ** 2) == pytest.approx(2 * np.sum(sound**2))
    assert np.allclose(stereo(sound, -1.0)[1], 0.0)


def test_the_room_falls_by_sixty_decibels_in_its_decay_time() -> None:
    impulse = np.zeros((2, 10))
    impulse[:, 0] = 1.0
    room = reverberated(impulse, RATE, 1.0, 1.0, np.random.default_rng(0))[0, 10:]
    early = np.mean(room[2000:6000] ** 2)
    late = np.mean(room[2000 + RATE // 2 : 6000 + RATE // 2] ** 2)
    assert 10 * np.log10(early / late) == pytest.approx(30.0, abs=2.0)


@pytest.mark.parametrize("rate", [22050, 96000])
def test_cutoffs_above_nyquist_are_brought_below_it(rate: int) -> None:
    noise = np.random.default_rng(0).standard_normal(rate)
    assert np.isfinite(filtered(noise, "lowpass", 60000.0, rate)).all()
    assert np.isfinite(filtered(noise, "bandpass", (1000.0, 60000.0), rate)).all()
