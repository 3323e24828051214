import math

import pytest
import torch

from djtrans.core.audio.dc_offset import DC_LIMIT_DB, dc_offset_db, without_dc


def test_an_offset_is_measured_per_channel_and_removed():
    time = torch.arange(44100) / 44100
    wave = 0.2 * torch.sin(2 * torch.pi * 100 * time).expand(2, -1)
    shifted = wave + torch.tensor([[0.01], [-0.1]])
    assert dc_offset_db(shifted) == pytest.approx(-20.0, abs=0.01)
    torch.testing.assert_close(without_dc(shifted), wave, atol=1e-6, rtol=0.0)


def test_audio_without_an_offset_is_the_same_object():
    audio = 0.1 * torch.randn(2, 44100, generator=torch.Generator().manual_seed(0))
    audio = audio - audio.mean(dim=-1, keepdim=True) + 0.9 * 10 ** (DC_LIMIT_DB / 20)
    assert without_dc(audio) is audio
    assert dc_offset_db(torch.zeros(1, 0)) == -math.inf
