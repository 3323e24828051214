"""Meter of a signal in pieces."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.audio.loudness import true_peak_db
from djtrans.sets.level_meter import BLOCK_SECONDS, LevelMeter

RATE = 8000


@pytest.mark.parametrize("size", [700, 4000, 100_000])
def test_pieces_measure_as_the_whole(size):
    audio = torch.randn(2, 30_000, generator=torch.Generator().manual_seed(0)) / 4
    meter = LevelMeter(RATE)
    for start in range(0, audio.shape[-1], size):
        meter.add(audio[:, start : start + size])
    assert meter.true_peak_dbtp == pytest.approx(true_peak_db(audio, RATE), abs=0.05)
    block = round(BLOCK_SECONDS * RATE)
    whole = audio[:, : 30_000 // block * block].unflatten(-1, (-1, block))
    expected = 10 * whole.square().mean(dim=(0, -1)).log10()
    assert meter.levels_db() == pytest.approx(expected.tolist(), abs=1e-3)


def test_a_peak_between_two_pieces_is_found():
    # Samples of a sine at a quarter of the rate miss its peaks by 3 dB.
    audio = torch.sin(torch.pi * (torch.arange(8000) / 2 + 0.25))[None] * 0.5
    meter = LevelMeter(RATE)
    for piece in audio.split(4000, dim=-1):
        meter.add(piece)
    assert meter.true_peak_dbtp == pytest.approx(-6.02, abs=0.3)


def test_nothing_has_no_level():
    assert LevelMeter(RATE).levels_db() == []
