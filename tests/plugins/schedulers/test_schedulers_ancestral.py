"""Schedulers that add noise."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.errors import InputError
from djtrans.diffusion.sampling import denoise


def run(scheduler, data, noise, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return denoise(data.expected, scheduler, noise, 50, generator=generator, clip=False)


@pytest.mark.parametrize("zero", [False, True])
def test_ddim_with_all_noise_is_ddpm(zero, build, data, noise):
    ddim = build("ddim", eta=1.0, zero_terminal_snr=zero)
    ddpm = build("ddpm", zero_terminal_snr=zero)
    torch.testing.assert_close(run(ddim, data, noise), run(ddpm, data, noise))


@pytest.mark.parametrize("eta", [-0.1, 1.1])
def test_ddim_adds_no_more_noise_than_ddpm(eta, build):
    with pytest.raises(InputError, match="eta"):
        build("ddim", eta=eta)


@pytest.mark.parametrize(("name", "config"), [("ddpm", {}), ("ddim", {"eta": 0.5})])
def test_another_seed_adds_other_noise(name, config, build, data, noise):
    scheduler = build(name, **config)
    one, again, other = (run(scheduler, data, noise, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert float((one - other).abs().mean()) > 0.05


def test_with_zero_terminal_snr_the_first_step_forgets_everything_but_noise(build, data, noise):
    """From alpha = 0 the next curves are drawn around the prediction alone."""
    scheduler = build("ddpm")
    level, next_level = scheduler.levels(50)[:2]
    steps = [
        scheduler.step(x, data.mean, level, next_level, (), torch.Generator().manual_seed(1))[0]
        for x in (noise[:1], -3.0 * noise[:1])
    ]
    torch.testing.assert_close(*steps)
