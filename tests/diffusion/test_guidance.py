"""Guidance equals its formula and is computed as one batch."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import ConfigError
from djtrans.diffusion.guidance import Guidance, GuidedDenoiser

LEVEL = Level(0.5, 0.9)
NOTHING, EVERYTHING = torch.zeros(2, 2, dtype=torch.bool), torch.ones(2, 2, dtype=torch.bool)


class Counting(torch.nn.Module):
    """Notes the batch sizes that go through."""

    def __init__(self, denoiser):
        super().__init__()
        self.denoiser, self.batches = denoiser, []

    def forward(self, x, noise_fraction, conditioning):
        self.batches.append(len(x))
        return self.denoiser(x, noise_fraction, conditioning)


def clean(network, x, conditioning, dropped, level=LEVEL):
    noise_fraction = torch.full((len(x),), level.noise_fraction)
    return network.clean(x / level.scale, noise_fraction, conditioning, dropped)


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 2.0, 7.5])
def test_the_scale_extrapolates_from_the_unconditional_to_the_conditional_prediction(
    scale, network, conditioning, z
):
    guided = GuidedDenoiser(network, conditioning, Guidance(scale=scale))(z, LEVEL)
    cond = clean(network, z, conditioning, NOTHING)
    uncond = clean(network, z, conditioning, EVERYTHING)
    torch.testing.assert_close(guided, uncond + scale * (cond - uncond), rtol=1e-4, atol=1e-4)


def test_both_halves_go_through_as_one_batch_and_only_inside_the_interval(network, conditioning, z):
    network.denoiser = counting = Counting(network.denoiser)
    guided = GuidedDenoiser(network, conditioning, Guidance(3.0, interval=(0.2, 0.7)))
    levels = [Level(1 - t, t) for t in (0.9, 0.7, 0.5, 0.2, 0.1)]
    outs = [guided(z, level) for level in levels]
    assert counting.batches == [2, 4, 4, 4, 2]
    for level, out in zip(levels, outs, strict=True):
        cond = clean(network, z, conditioning, NOTHING, level)
        assert torch.allclose(out, cond) == (level.sigma in (0.9, 0.1))


def test_a_missing_encoder_is_dropped_in_both_halves(network, conditioning, z):
    missing = torch.tensor([[False, True], [False, True]])
    other = attrs.evolve(conditioning, global_=conditioning.global_.clone())
    other.global_[:, 2] += 100.0  # the technique's channel
    outs = [GuidedDenoiser(network, c, missing=missing)(z, LEVEL) for c in (conditioning, other)]
    assert torch.equal(*outs)


def test_the_mask_reaches_both_halves(network, conditioning, z):
    seen = []

    class Watching(Counting):
        def forward(self, x, noise_fraction, conditioning):
            seen.append(conditioning.mask)
            return super().forward(x, noise_fraction, conditioning)

    network.denoiser = Watching(network.denoiser)
    mask = torch.arange(8) < torch.tensor([[8], [5]])
    GuidedDenoiser(network, attrs.evolve(conditioning, mask=mask))(z, LEVEL)
    assert torch.equal(seen[0], torch.cat([mask, mask]))


@pytest.mark.parametrize("wrong", [(0.5,), (0.7, 0.2), (0.3, 0.3), (-0.1, 1.0)])
def test_an_invalid_interval_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"Guidance\.interval"):
        Guidance(interval=wrong)
