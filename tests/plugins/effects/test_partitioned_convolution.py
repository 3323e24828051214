"""The partitioned convolution against the definition, in one call and in several."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from djtrans.plugins.effects.partitioned_convolution import convolve

BLOCK, PARTITIONS, BLOCKS = 4, 4, 6


def signals() -> tuple[Tensor, Tensor]:
    """A signal ``[batch, channels, samples]`` and a response ``[channels, samples]``."""
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(1, 2, BLOCKS * BLOCK, dtype=torch.float64, generator=generator)
    response = torch.randn(2, PARTITIONS * BLOCK, dtype=torch.float64, generator=generator)
    return signal, response


def streamed(signal: Tensor, response: Tensor, counts: tuple[int, ...]) -> Tensor:
    """Convolve so many blocks at a time."""
    parts = response.unflatten(-1, (PARTITIONS, BLOCK)).movedim(-2, 0)
    spectra = torch.fft.rfft(parts, n=2 * BLOCK)
    history = torch.zeros(1, 2, PARTITIONS - 1, BLOCK + 1, dtype=torch.complex128)
    previous, outs = torch.zeros(1, 2, BLOCK, dtype=torch.float64), []
    for some in signal.split([count * BLOCK for count in counts], dim=-1):
        wet, history = convolve(torch.cat([previous, some], dim=-1), history, spectra)
        previous = some[..., -BLOCK:]
        outs.append(wet)
    return torch.cat(outs, dim=-1)


@pytest.mark.parametrize("counts", [(6,), (1, 1, 1, 1, 1, 1), (2, 4), (5, 1)])
def test_it_is_a_convolution_in_any_pieces(counts):
    signal, response = signals()
    size = signal.shape[-1]
    expected = torch.zeros_like(signal)
    for lag in range(min(size, response.shape[-1])):
        expected[..., lag:] += response[:, lag, None] * signal[..., : size - lag]
    torch.testing.assert_close(streamed(signal, response, counts), expected)


@pytest.mark.parametrize("counts", [(6,), (1, 5), (2, 2, 2)])
def test_the_gradient_passes_through_the_pieces(counts):
    signal, response = signals()
    signal.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: streamed(x, response, counts), (signal,))
