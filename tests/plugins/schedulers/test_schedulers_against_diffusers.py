"""Trajectories beside those of `diffusers`, under a denoiser that is anything but linear."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.contracts.scheduler import Level
from djtrans.diffusion.sampling import denoise

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # theirs

BETAS = {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02}
COMMON = BETAS | {"prediction_type": "sample", "timestep_spacing": "trailing"}
#: Where ours begins at alpha = 0, their multistep solver begins here.
NEARLY_NOISE = Level(2.0**-12, 1.0)


def predicted(x):
    """Clean curves from noisy ones; partly beyond [-1, 1], so that clipping is seen."""
    return 1.2 * torch.tanh(0.8 * x + 0.3 * x.roll(1, dims=1)) + 0.1


def theirs(scheduler, steps, noise, clip, **options):
    scheduler.set_timesteps(steps)
    generator = torch.Generator().manual_seed(7)
    x = noise
    for timestep in scheduler.timesteps:
        clean = predicted(x).clamp(-1, 1) if clip else predicted(x)
        x = scheduler.step(clean, timestep, x, generator=generator, **options).prev_sample
    return x


def ours(scheduler, steps, noise, clip):
    start = noise / scheduler.levels(steps)[0].sigma  # theirs takes the noise as it is
    generator = torch.Generator().manual_seed(7)
    return denoise(
        lambda x, level: predicted(x), scheduler, start, steps, generator=generator, clip=clip
    )


@pytest.fixture(scope="module")
def diffusers():
    """Imported only where these tests run: that takes as long as all of them."""
    return pytest.importorskip("diffusers", reason="A tool of development: the extra dev.")


@pytest.fixture(name="noise")
def start():
    return torch.randn(3, 16, 5, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("steps", [4, 17, 50])
@pytest.mark.parametrize("zero", [False, True])
def test_ddpm(steps, zero, clip, noise, build, diffusers):
    reference = diffusers.DDPMScheduler(**COMMON, clip_sample=False, rescale_betas_zero_snr=zero)
    expected = theirs(reference, steps, noise, clip)
    got = ours(build("ddpm", zero_terminal_snr=zero), steps, noise, clip)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("steps", [4, 20, 50])  # theirs takes a wrong step where 1000 leaves a rest
@pytest.mark.parametrize("eta", [0.0, 0.6, 0.99])  # at 1, the root of a rounding error is nan there
@pytest.mark.parametrize("zero", [False, True])
def test_ddim(steps, zero, eta, clip, noise, build, diffusers):
    reference = diffusers.DDIMScheduler(**COMMON, clip_sample=False, rescale_betas_zero_snr=zero)
    expected = theirs(reference, steps, noise, clip, eta=eta)
    got = ours(build("ddim", zero_terminal_snr=zero, eta=eta), steps, noise, clip)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("steps", [4, 17, 50])
@pytest.mark.parametrize("zero", [False, True])
def test_dpmpp2m(steps, zero, clip, noise, build, diffusers, monkeypatch):
    reference = diffusers.DPMSolverMultistepScheduler(
        **COMMON, solver_order=2, final_sigmas_type="zero", rescale_betas_zero_snr=zero
    )
    expected = theirs(reference, steps, noise, clip)
    scheduler = build("dpmpp2m", zero_terminal_snr=zero)
    if zero:
        levels = (NEARLY_NOISE, *scheduler.levels(steps)[1:])
        monkeypatch.setattr(scheduler, "levels", lambda steps: levels)
    got = ours(scheduler, steps, noise, clip)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-4)
