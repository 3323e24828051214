"""Schedulers by name, and data whose denoiser is known."""

from __future__ import annotations

import pytest
import torch

from djtrans.registry import default_registry
from djtrans.testing.gaussian_data import GaussianData


@pytest.fixture
def build():
    """Build a scheduler by name, with the fields of its config."""

    def build(name, **config):
        return default_registry().schedulers.build(name, config)

    return build


@pytest.fixture
def data():
    """Gaussian data of several means and widths, ``[1, 4, 3]``."""
    generator = torch.Generator().manual_seed(3)
    mean = 1.2 * torch.rand(1, 4, 3, generator=generator, dtype=torch.float64) - 0.6
    deviation = 0.2 + 0.6 * torch.rand(1, 4, 3, generator=generator, dtype=torch.float64)
    return GaussianData(mean, deviation)


@pytest.fixture
def noise(data):
    """Standard normal start for 64 samples."""
    generator = torch.Generator().manual_seed(4)
    return torch.randn(64, *data.mean.shape[1:], generator=generator, dtype=torch.float64)
