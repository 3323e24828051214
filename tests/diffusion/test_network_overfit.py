"""A small network overfits eight curves and generates each from its conditioning."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.contracts.encoder import Conditioning
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.guidance import Guidance
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.objective import Objective
from djtrans.diffusion.sampling import sample
from djtrans.registry import default_registry

FRAMES, COLUMNS = 32, 6
#: Times that each curve stands in a batch, each under its own noise.
REPEATS = 4
#: The default of both architectures.
PREDICTION = "clean"
SMALL = {
    "dit": {"width": 64, "depth": 2, "heads": 2},
    "unet1d": {"channels": (48, 64)},
}


def eight_curves():
    """Ramps and cuts at eight places, one column after the other: ``[8, frames, columns]``."""
    frame = torch.arange(FRAMES)[None, :, None]
    at = 4.0 + 3.0 * torch.arange(8.0)[:, None, None] + torch.arange(float(COLUMNS))
    ramp = ((frame - at) / 8.0).clamp(0.0, 1.0)
    cut = (frame >= at).float()
    return 2.0 * torch.where(torch.arange(COLUMNS) % 2 == 0, ramp, cut) - 1.0


def told(repeats=1):
    """Conditioning that says which curve it is, and nothing for a frame."""
    which = torch.eye(8).repeat(repeats, 1)
    return Conditioning(torch.zeros(len(which), FRAMES, 0), which)


def learn(name, steps):
    """A network after so many steps, and the part that is left of its loss on fixed draws."""
    torch.manual_seed(0)
    denoiser = default_registry().denoisers.build(name, SMALL[name])
    slots = [ConditioningSlot("which", 0, 8, dropout=0.0)]
    network = DiffusionNetwork(denoiser, PREDICTION, COLUMNS, slots)
    curves, conditioning = eight_curves().repeat(REPEATS, 1, 1), told(REPEATS)
    objective = Objective()
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    fixed = objective.sample(network, curves, torch.Generator().manual_seed(2))
    generator = torch.Generator().manual_seed(1)

    @torch.no_grad()
    def fixed_loss():
        return float(objective.loss(network, curves, conditioning, fixed).total)

    before = fixed_loss()
    for _ in range(steps):
        draw = objective.sample(network, curves, generator)
        optimizer.zero_grad()
        objective.loss(network, curves, conditioning, draw).total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return network.eval(), fixed_loss() / before


@pytest.mark.parametrize("name", ["dit", pytest.param("unet1d", marks=pytest.mark.slow)])
def test_the_loss_falls_ten_times_in_a_few_seconds(name):
    _, left = learn(name, 100)
    assert left < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dit", "unet1d"])
def test_samples_are_the_curves_that_were_learned(name):
    network, _ = learn(name, 600)
    flow = default_registry().schedulers.build("flow")
    drawn = sample(network, flow, told(), steps=10, guidance=Guidance(scale=1.0))
    distance = (drawn - eight_curves()).square().mean(dim=(1, 2)).sqrt()
    assert float(distance.max()) < 0.05
