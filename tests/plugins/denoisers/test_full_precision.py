"""Under bfloat16 autocast the residual stream and the last layer stay in float32."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.plugins.denoisers import DitConfig, Unet1dConfig
from djtrans.plugins.denoisers.dit import Dit
from djtrans.plugins.denoisers.unet1d import Unet1d

SHAPE = DenoiserShape(parameters=5, per_frame=4, global_=3)
CONFIGS = {
    "dit": (Dit, DitConfig(width=16, depth=2, heads=2)),
    "unet1d": (Unet1d, Unet1dConfig(channels=(6, 8))),
}


def build(name):
    factory, config = CONFIGS[name]
    network = factory(config).build(SHAPE)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return network


def inputs(dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    x, per_frame, global_ = (
        torch.randn(2, *size, generator=generator, dtype=dtype) for size in ((16, 5), (16, 4), (3,))
    )
    return x, torch.tensor([0.2, 0.7], dtype=dtype), Conditioning(per_frame, global_)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_last_layer_and_what_it_adds_up_are_float32(name):
    network, seen = build(name), {}
    for part, layer in network.named_modules():
        layer.register_forward_hook(
            lambda _, given, out, part=part: (
                seen.update({part: (given[0].dtype, out.dtype)})
                if isinstance(out, torch.Tensor)
                else None
            )
        )
    with torch.no_grad():
        exact = network(*inputs())
        with torch.autocast("cpu", torch.bfloat16):
            mixed = network(*inputs())
    assert seen["leave"] == (torch.float32, torch.float32)
    assert mixed.dtype == torch.float32
    # It is not rounded to bfloat16, and still near the result in full precision.
    assert not torch.equal(mixed, mixed.bfloat16().float())
    assert float((mixed - exact).abs().max()) < 0.05 * float(exact.abs().max())
    if name == "dit":
        assert seen["blocks.0"][1] == seen["blocks.1"][1] == torch.float32
        assert seen["blocks.0.attention.layer.project"][1] == torch.bfloat16
    else:
        assert seen["down.1"] == (torch.float32, torch.float32)
        assert seen["down.1.0.first"][1] == torch.bfloat16


@pytest.mark.parametrize("name", CONFIGS)
def test_without_autocast_the_precision_is_that_of_the_curves(name):
    network = build(name).double()
    with torch.no_grad():
        assert network(*inputs(torch.float64)).dtype == torch.float64
