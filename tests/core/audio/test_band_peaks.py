"""Band peaks of tones with known frequencies and amplitudes."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.audio.band_peaks import band_peaks

RATE = 22050
TIME = np.arange(4 * RATE) / RATE
EDGES = np.linspace(0.0, 4.0, 41)


@pytest.mark.parametrize(("hz", "band"), [(60.0, 0), (700.0, 1), (6000.0, 2)])
def test_a_tone_is_in_its_band(hz, band):
    audio = 0.5 * np.sin(2 * np.pi * hz * TIME) * (TIME >= 2.0)
    peaks = band_peaks(np.stack([audio, audio]), RATE, EDGES)
    assert peaks.argmax(axis=0)[25:].tolist() == [band] * 15
    assert peaks[band, 25:] == pytest.approx(0.5, rel=0.1)
    assert peaks[:, :15].max() < 0.01


def test_outside_the_audio_there_is_nothing():
    audio = np.sin(2 * np.pi * 700 * TIME)[None]
    peaks = band_peaks(audio, RATE, np.linspace(-2.0, 6.0, 81))
    assert peaks[:, :19].max() == 0.0
    assert peaks[:, 62:].max() == 0.0
    assert peaks[1, 25:55].min() > 0.8


def test_columns_finer_than_samples_are_allowed():
    peaks = band_peaks(np.ones((1, 200)), RATE, np.linspace(0, 200 / RATE, 1001))
    assert np.isfinite(peaks).all()
