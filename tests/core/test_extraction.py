"""Levels of tones whose power and frequency are known."""

from __future__ import annotations

import math

import pytest
import torch

from djtrans.core.errors import InputError
from djtrans.core.extraction import FLOOR_DB, extract_features
from djtrans.core.stems import Stems

RATE = 22050


def tones(amplitudes_and_hz, seconds=5.0):
    t = torch.arange(round(seconds * RATE)) / RATE
    waves = [a * torch.sin(2 * math.pi * hz * t) for a, hz in amplitudes_and_hz]
    return Stems(torch.stack(waves)[:, None].float(), [str(i) for i in range(len(waves))], RATE)


def test_each_band_has_the_level_of_its_tone():
    beats = torch.arange(9, dtype=torch.float64) * 0.5 + 0.25
    stems = tones([(0.5, 100.0), (0.1, 1000.0), (1.0, 8000.0), (0.0, 1.0)])
    features = extract_features(stems, beats, bpm=120.0, key="8A")
    assert features.level_db.shape == (16, 4, 3)
    assert features.n_frames == 16
    for stem, band, amplitude in ((0, 0, 0.5), (1, 1, 0.1), (2, 2, 1.0)):
        expected = 20 * math.log10(amplitude / math.sqrt(2))
        levels = features.level_db[:, stem]
        assert torch.allclose(levels[:, band], torch.tensor(expected), atol=0.1)
        others = [i for i in range(3) if i != band]
        assert float(levels[:, others].max()) < expected - 40
    assert (features.level_db[:, 3] == FLOOR_DB).all()


def test_levels_follow_the_frames():
    beats = torch.arange(9, dtype=torch.float64) * 0.5
    stems = tones([(0.5, 100.0)])
    stems.audio[..., : 2 * RATE] = 0.0
    levels = extract_features(stems, beats, bpm=120.0).level_db[:, 0, 0]
    assert float(levels[:7].max()) < -50
    assert torch.allclose(levels[9:], torch.tensor(-9.03), atol=0.1)


def test_a_window_beyond_the_stems_is_refused():
    beats = torch.arange(13, dtype=torch.float64) * 0.5
    with pytest.raises(InputError, match=r"0.00 to 6.00 s, but the stems are 5.00 s long"):
        extract_features(tones([(0.5, 100.0)]), beats, bpm=120.0)
