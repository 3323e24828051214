"""Chroma of frames of any length."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from djtrans.core.audio.chroma import _spectrogram, frame_chroma

RATE = 22050
A4, C5 = 440.0, 523.25


def tone(hz, seconds, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.parametrize("frames", [8, 100])
def test_a_tone_is_in_its_class_in_long_and_short_frames(frames):
    chroma = frame_chroma(tone(A4, 4.0)[None], RATE, np.linspace(1.0, 3.0, frames + 1))
    assert chroma.shape == (frames, 12)
    # Half of the amplitude of a sine is at its positive frequency; at most 6 % is off the bin.
    assert chroma[:, 9] == pytest.approx(0.25, rel=0.06)
    assert np.delete(chroma, 9, axis=1).max() == 0.0


def test_frames_follow_a_change_of_the_tone():
    audio = np.concatenate([tone(A4, 2.0), tone(C5, 2.0)])[None]
    chroma = frame_chroma(audio, RATE, np.linspace(0.5, 3.5, 7))
    assert chroma.argmax(axis=1).tolist() == [9, 9, 9, 0, 0, 0]


def test_a_frame_is_the_mean_of_its_parts():
    audio = np.concatenate([tone(A4, 2.0), tone(C5, 2.0)])[None]
    whole = frame_chroma(audio, RATE, np.array([1.83, 2.31]))[0]
    parts = frame_chroma(audio, RATE, np.array([1.83, 1.87, 2.08, 2.31]))
    assert np.average(parts, axis=0, weights=[0.04, 0.21, 0.23]) == pytest.approx(whole)


def test_nothing_is_outside_the_audio():
    chroma = frame_chroma(tone(A4, 2.0)[None], RATE, np.array([-3.0, -1.0, 0.5, 1.0, 3.0, 4.0]))
    assert chroma[1:4, 9].min() > 0.01
    assert chroma[[0, 4]].max() == 0.0
    assert frame_chroma(np.zeros((1, 10)), RATE, np.array([0.0, 1.0])).tolist() == [[0.0] * 12]


@pytest.mark.parametrize("samples", [700, 4096, 5001])
@pytest.mark.parametrize("size", [512, 700])
def test_the_spectrogram_is_that_of_scipy(samples, size):
    noise = np.random.default_rng(0).standard_normal(samples)
    _, _, wanted = scipy.signal.stft(noise, 1.0, "hann", size, size // 2)
    np.testing.assert_allclose(_spectrogram(noise, size), wanted, atol=1e-14)
