"""Denoisers by name."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.registry import default_registry

#: Sizes that make a forward pass take a millisecond.
SMALL = {
    "dit": {"width": 16, "depth": 2, "heads": 2},
    "unet1d": {"channels": (8, 12, 16), "blocks": 1},
}


@pytest.fixture
def small():
    """A small network whose last layer and gates are not zero: parameters by name."""

    def build(name, shape=None, **config):
        torch.manual_seed(0)
        denoiser = default_registry().denoisers.build(name, SMALL[name] | config)
        network = denoiser.build(shape or DenoiserShape(6, 4, 3)).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape))
        return network

    return build


@pytest.fixture
def question():
    """Input of a network: ``x``, noise fraction and conditioning."""

    def ask(frames, batch=2, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return (
            torch.randn(batch, frames, 6, generator=generator),
            torch.rand(batch, generator=generator),
            Conditioning(
                torch.randn(batch, frames, 4, generator=generator),
                torch.randn(batch, 3, generator=generator),
            ),
        )

    return ask
