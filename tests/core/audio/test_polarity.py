"""Channels in opposite phase are measured like channels in phase."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.audio.band_peaks import band_peaks
from djtrans.core.audio.chroma import frame_chroma
from djtrans.core.audio.fingerprint import bit_error_rate, fingerprint
from djtrans.core.audio.polarity import channel_signs, in_phase, to_mono
from djtrans.core.track.track import Track
from djtrans.metrics.clicks import clicks
from djtrans.planning.beat_features import extract_beat_features

RATE = 22050
SECONDS = 12


@pytest.fixture(scope="module")
def normal() -> np.ndarray:
    """Kicks in the centre, a chord on one side, and noise of each channel's own."""
    rng = np.random.default_rng(5)
    seconds = np.arange(SECONDS * RATE) / RATE
    kick = np.exp(-((seconds % 0.5) * 30)) * np.sin(2 * np.pi * 60 * (seconds % 0.5))
    chord = sum(np.sin(2 * np.pi * hz * seconds) for hz in (220.0, 277.2, 329.6))
    noise = rng.standard_normal((2, len(seconds)))
    audio = 0.5 * kick + 0.05 * np.array([[1.0], [0.4]]) * chord + 0.02 * noise
    return audio.astype(np.float32)


@pytest.fixture(scope="module")
def inverted(normal) -> np.ndarray:
    return normal * np.float32([[1.0], [-1.0]])


@pytest.mark.parametrize("correlation", [-1.0, -0.7, -0.55, -0.45, 0.0, 0.5, 1.0])
def test_a_channel_is_opposite_below_a_correlation_of_minus_one_half(correlation):
    a, b = np.eye(2) * 10.0
    audio = np.stack([a, correlation * a + np.sqrt(1 - correlation**2) * b])
    expected = -1.0 if correlation < -0.5 else 1.0
    assert channel_signs(audio) == (1.0, expected)
    assert channel_signs(torch.from_numpy(audio)) == (1.0, expected)


def test_a_quiet_opposite_channel_loses_little_in_the_mean_and_is_not_inverted():
    wave = np.sin(np.arange(100.0))
    assert channel_signs(np.stack([wave, -0.5 * wave])) == (1.0, -1.0)
    assert channel_signs(np.stack([wave, -0.2 * wave])) == (1.0, 1.0)


def test_silence_and_one_channel_are_in_phase():
    assert channel_signs(np.zeros((2, 10))) == (1.0, 1.0)
    assert channel_signs(np.ones((1, 10))) == (1.0,)
    assert channel_signs(np.ones((2, 0))) == (1.0, 1.0)


def test_mono_of_channels_in_phase_is_their_mean_to_the_last_digit(normal):
    assert np.array_equal(to_mono(normal)[0], normal.mean(axis=0))
    assert in_phase(normal) is normal


def test_mono_of_opposite_channels_is_that_of_the_same_channels_in_phase(normal, inverted):
    assert np.array_equal(to_mono(inverted), to_mono(normal))
    assert torch.equal(to_mono(torch.from_numpy(inverted)), torch.from_numpy(to_mono(normal)))
    stems = np.stack([inverted, 2.0 * inverted])
    mono = to_mono(stems, channel_signs(inverted))
    assert mono.shape == (2, 1, normal.shape[1])
    assert np.array_equal(mono[0], to_mono(normal))


def test_measurements_of_an_inverted_channel_are_those_of_the_normal_track(normal, inverted):
    edges = np.arange(0.0, SECONDS, 0.25)
    for measure in (
        lambda audio: band_peaks(audio, RATE, edges),
        lambda audio: frame_chroma(audio.astype(np.float64), RATE, edges),
        lambda audio: extract_beat_features(audio, RATE, np.arange(0.5, 10.0, 0.5)).chroma,
        lambda audio: extract_beat_features(audio, RATE, np.arange(0.5, 10.0, 0.5)).low,
    ):
        expected = measure(normal)
        assert expected.max() > 0.01
        assert np.array_equal(measure(inverted), expected)


def test_an_inverted_channel_is_the_same_recording(normal, inverted):
    a, b = (fingerprint(torch.from_numpy(x), RATE) for x in (normal, inverted))
    assert (a != 0).any()
    assert bit_error_rate(a, b, 0) == 0.0


def test_a_mono_track_does_not_lose_opposite_channels(normal, inverted):
    expected, found = (
        Track(torch.from_numpy(x), RATE).at_rate(RATE, 1) for x in (normal, inverted)
    )
    assert torch.equal(found.audio, expected.audio)


@pytest.mark.parametrize("side", ["a", "b"])
def test_clicks_in_a_track_of_opposite_channels_are_found(normal, inverted, side):
    solo = {"a": normal, "b": normal[:, ::-1].copy()}
    solo[side] = solo[side] * np.float32([[1.0], [-1.0]])
    mix = solo["a"] + solo["b"]
    mix[:, 100_000] += 0.5 * np.sign(np.float32([1.0, -1.0]))
    mix[:, 150_000] += 0.5
    found = clicks(mix, solo["a"], solo["b"], RATE)
    assert np.round(np.array(found) * RATE).tolist() == [100_000, 150_000]
