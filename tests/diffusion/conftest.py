"""Networks that are small, or that know the answer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.contracts.scheduler import Level
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.prediction import target_of
from djtrans.testing.gaussian_data import GaussianData

SLOTS = (ConditioningSlot("audio", 3, 2), ConditioningSlot("technique", 1, 1))


class Linear(nn.Module):
    """Each frame's output is linear in all that the frame is told."""

    def __init__(self, shape):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        inputs = shape.parameters + shape.per_frame + shape.global_ + 1
        self.weight = nn.Parameter(torch.randn(inputs, shape.parameters, generator=generator) / 4)

    def forward(self, x, noise_fraction, conditioning):
        whole = torch.cat([conditioning.global_, noise_fraction[:, None]], dim=-1)
        whole = whole[:, None].expand(-1, x.shape[1], -1)
        return torch.cat([x, conditioning.per_frame, whole], dim=-1) @ self.weight


class Perfect(nn.Module):
    """The exact denoiser of Gaussian data, saying it as velocity, noise or clean curves."""

    def __init__(self, data, prediction):
        super().__init__()
        self.data, self.prediction = data, prediction

    def forward(self, x, noise_fraction, conditioning):
        t = noise_fraction[:, None, None]
        clean = self.data.expected(x, Level(1.0 - t, t))
        return target_of(self.prediction, clean, (x - (1.0 - t) * clean) / t)


class Architecture:
    """A denoiser that is a function."""

    def __init__(self, build):
        self.build = build


@pytest.fixture
def network():
    """Linear, of 5 columns, with nulls that are not zero; in inference."""
    made = DiffusionNetwork(Architecture(Linear), "velocity", 5, SLOTS)
    with torch.no_grad():
        made.frame_null.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        made.global_null.copy_(torch.tensor([5.0, 6.0, 7.0]))
    return made.eval()


@pytest.fixture
def conditioning():
    """Of a batch of 2, on 8 frames."""
    generator = torch.Generator().manual_seed(1)
    return Conditioning(
        torch.randn(2, 8, 4, generator=generator), torch.randn(2, 3, generator=generator)
    )


@pytest.fixture
def z():
    """Noisy curves ``[2, 8, 5]``."""
    return torch.randn(2, 8, 5, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def data():
    """Gaussian curves within [-1, 1], ``[1, 8, 5]``."""
    generator = torch.Generator().manual_seed(3)
    return GaussianData(
        0.6 * torch.rand(1, 8, 5, generator=generator) - 0.3,
        0.1 + 0.1 * torch.rand(1, 8, 5, generator=generator),
    )


@pytest.fixture
def perfect(data):
    """Make the network that knows `data`."""

    def make(prediction):
        denoiser = Architecture(lambda shape: Perfect(data, prediction))
        return DiffusionNetwork(denoiser, prediction, 5, SLOTS).eval()

    return make
