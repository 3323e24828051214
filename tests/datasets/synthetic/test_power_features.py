"""Stem powers on the frames of a track: equal to those measured in the window."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.datasets.synthetic.power_features import CELLS_PER_FRAME, PowerExtractor, stem_powers
from djtrans.objectives import measure_stem_powers

RATE, BEAT, BEATS = 22050, 0.5, 16


def tones():
    """Stems of one tone each, the drums gated on every second beat."""
    time = torch.arange(int(RATE * BEAT * BEATS)) / RATE
    audio = torch.stack([0.1 * torch.sin(2 * torch.pi * hz * time) for hz in (55, 110, 440, 1760)])
    audio[0] *= ((time / BEAT).floor() % 2 == 0).float()
    return Stems(audio[:, None], STEMS, RATE)


@pytest.fixture(scope="module")
def both():
    stems = tones()
    beats = torch.arange(BEATS + 1, dtype=torch.float64) * BEAT
    features = extract_features(stems, beats, bpm=120.0, extractors=[PowerExtractor()])
    return features, measure_stem_powers(stems, beats, cells_per_beat=2 * CELLS_PER_FRAME)


def test_powers_are_those_of_the_window(both):
    features, direct = both
    found = stem_powers(features)
    assert found.power.shape == direct.power.shape == (4, 4 * BEATS, 28)
    assert found.stem_names == STEMS
    torch.testing.assert_close(found.cell_times, direct.cell_times)
    # Half precision of a level is within 0.06 dB.
    torch.testing.assert_close(found.power, direct.power, rtol=0.015, atol=1e-12)
    torch.testing.assert_close(found.mix_power, direct.mix_power, rtol=0.015, atol=1e-12)
    torch.testing.assert_close(found.chroma, direct.chroma, rtol=0.015, atol=1e-6)


def test_the_power_of_a_tone_is_half_its_squared_amplitude(both):
    found = stem_powers(both[0])
    inner = found.power[1, 4:-4].sum(dim=-1)
    torch.testing.assert_close(inner, torch.full_like(inner, 0.005), rtol=0.03, atol=0.0)


def test_a_gain_scales_powers_and_amplitudes(both):
    plain, louder = stem_powers(both[0]), stem_powers(both[0], gain_db=20.0)
    torch.testing.assert_close(louder.power, 100.0 * plain.power)
    torch.testing.assert_close(louder.chroma, 10.0 * plain.chroma)


def test_arrays_are_stored_in_half_precision(both):
    extra = both[0].extra
    assert extra["powers/power_db"].dtype == torch.float16
    assert extra["powers/power_db"].shape == (2 * BEATS, 5, CELLS_PER_FRAME, 28)
    assert extra["powers/chroma_db"].shape == (2 * BEATS, 4, 3, 12)
