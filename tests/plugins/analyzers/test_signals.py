"""Signals that are computed where they are read."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from djtrans.plugins.analyzers import signals, time_warp
from djtrans.plugins.analyzers.signals import (
    ComputedSignal,
    downsampled,
    mono_signal,
    peak,
    stored,
)

PARTS = [(0, 0), (0, 1), (0, 57), (33, 410), (1490, 1500), (0, 1500), (1200, 5000)]


@pytest.fixture(scope="module")
def audio() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((2, 5997)).astype(np.float32)


@pytest.mark.parametrize(("start", "stop"), PARTS)
def test_the_mono_signal_is_the_mean_of_channels(audio, start, stop):
    signal = mono_signal(audio)
    assert len(signal) == 5997
    assert np.array_equal(signal[start:stop], audio.mean(axis=0)[start:stop])


def test_mono_is_not_copied(audio):
    assert np.shares_memory(mono_signal(audio[:1])[:], audio)


@pytest.mark.parametrize(("start", "stop"), PARTS)
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_downsampling(audio, factor, start, stop):
    whole = scipy.signal.resample_poly(audio[0], 1, factor)
    signal = downsampled(audio[0], factor)
    assert len(signal) == len(whole)
    np.testing.assert_allclose(signal[start:stop], whole[start:stop], atol=1e-6)


def test_the_peak_is_that_of_all_blocks(audio, monkeypatch):
    monkeypatch.setattr(signals, "_BLOCK", 100)
    assert peak(audio[1]) == np.abs(audio[1]).max()
    assert peak(-audio[1]) == np.abs(audio[1]).max()
    assert peak(audio[1, :0]) == 0.0


def test_a_signal_is_stored_once_unless_it_is_too_long(audio, monkeypatch):
    monkeypatch.setattr(signals, "_BLOCK", 100)
    reads = []

    def read(start, stop):
        reads.append((start, stop))
        return audio[0, start:stop]

    computed = ComputedSignal(audio.shape[1], read)
    kept = stored(computed)
    count = len(reads)
    np.testing.assert_array_equal(kept[:], audio[0])
    assert len(reads) == count == -(-audio.shape[1] // 100)
    monkeypatch.setattr(signals, "_MOST_STORED", audio.shape[1] - 1)
    assert stored(computed) is computed


def test_a_warped_signal_is_the_interpolation_of_the_whole(audio, monkeypatch):
    rate, frame_rate = 1000, 200.0
    frames = np.arange(5997 * 200 // rate + 1) / frame_rate
    position = 2.0 * frames + 0.3 * np.sin(frames)
    warped = time_warp.warp_to_constant_tempo(audio[0], rate, position, frame_rate)
    times = np.interp(np.arange(5997) / rate, warped.even, warped.original)
    wanted = np.interp(times * rate, np.arange(5997), audio[0])
    monkeypatch.setattr(time_warp, "_BLOCK", 64)
    assert len(warped.audio) == 5997
    for start, stop in [(0, 0), (0, 1), (100, 333), (5900, 6100), (0, 5997)]:
        np.testing.assert_allclose(warped.audio[start:stop], wanted[start:stop], atol=2e-5)
