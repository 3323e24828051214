"""Blocks of a short-time Fourier transform against the transform of the whole."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.audio import stft_blocks as module
from djtrans.core.audio.stft_blocks import stft_blocks


@pytest.mark.parametrize("samples", [1, 63, 64, 1000, 4097])
@pytest.mark.parametrize("values", [1, 700, 1 << 18])
def test_all_blocks_are_the_transform_of_the_whole(samples, values, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_VALUES", values)
    audio = torch.randn(2, samples, generator=torch.Generator().manual_seed(samples))
    window = torch.hann_window(64)
    whole = torch.stft(audio, 64, 16, window=window, pad_mode="constant", return_complex=True)
    blocks = torch.cat(list(stft_blocks(audio, window, 16)), dim=-1)
    torch.testing.assert_close(blocks, whole)
