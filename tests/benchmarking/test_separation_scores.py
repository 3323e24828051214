"""Ratios of separated stems to the true ones."""

from __future__ import annotations

import math

import attrs
import pytest
import torch

import djtrans
from djtrans.benchmarking.separation_scores import sdr_db, separation_scores, si_sdr_db

NAMES = ("drums", "bass", "vocals", "other")


@pytest.fixture
def true():
    audio = torch.randn(4, 2, 4000, generator=torch.Generator().manual_seed(0))
    audio[2] = 0.0
    return djtrans.Stems(audio, NAMES, 8000)


def test_ratios_of_noise_of_a_known_level_are_that_level():
    # Orthogonal to the signal, so that both ratios are exact.
    signal = torch.tensor([[1.0, 1.0, -1.0, -1.0] * 100])
    noise = torch.tensor([[1.0, -1.0, 1.0, -1.0] * 100])
    for level_db in (-20.0, 0.0, 20.0):
        found = signal + 10 ** (level_db / 20) * noise
        assert sdr_db(found, signal) == pytest.approx(-level_db, abs=1e-4)
        assert si_sdr_db(3.0 * found, signal) == pytest.approx(-level_db, abs=1e-4)
    half = 20 * math.log10(2)
    assert sdr_db(0.5 * signal, signal) == pytest.approx(half, abs=1e-4)


def test_a_perfect_separation_has_the_largest_ratio_and_silence_none(true):
    assert sdr_db(torch.zeros(2, 10), torch.ones(2, 10)) == pytest.approx(0.0)
    assert si_sdr_db(torch.zeros(2, 10), torch.ones(2, 10)) == -100.0
    scores = separation_scores(true, true)
    assert set(scores.values()) == {100.0}
    assert "separation SDR vocals" not in scores
    assert separation_scores(true, attrs.evolve(true, audio=0.0 * true.audio)) == {}
    alone = attrs.evolve(true, audio=true.audio * torch.tensor([0, 0, 0, 1.0])[:, None, None])
    assert separation_scores(alone, alone) == {}


def test_the_mean_is_over_the_stems_that_sound(true):
    found = attrs.evolve(true, audio=true.audio.clone())
    found.audio[0] *= 0.9
    scores = separation_scores(found, true)
    assert scores["separation SDR drums"] == pytest.approx(20.0, abs=1e-4)
    assert scores["separation SDR"] == pytest.approx((20.0 + 100.0 + 100.0) / 3)


def test_stems_are_compared_by_name(true):
    order = [3, 1, 0, 2]
    found = djtrans.Stems(true.audio[order], tuple(NAMES[i] for i in order), 8000)
    assert set(separation_scores(found, true).values()) == {100.0}
