"""The loop, under a network that knows the answer."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.denoiser import PREDICTIONS
from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import InputError
from djtrans.core.schedules.noise import normal_like
from djtrans.diffusion.guidance import Guidance
from djtrans.diffusion.sampling import denoise, sample
from djtrans.registry import default_registry

SCHEDULERS = ("flow", "ddpm", "ddim", "dpmpp2m")


def build(name):
    return default_registry().schedulers.build(name)


def told(conditioning, batch):
    return attrs.evolve(
        conditioning,
        per_frame=conditioning.per_frame[:1].expand(batch, -1, -1),
        global_=conditioning.global_[:1].expand(batch, -1),
    )


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("name", SCHEDULERS)
def test_any_scheduler_samples_any_network(name, prediction, perfect, data, conditioning):
    """With a perfect network the samples have the mean and the deviation of the data."""
    steps = 500 if name == "ddpm" else 100
    curves = sample(
        perfect(prediction),
        build(name),
        told(conditioning, 1000),
        steps=steps,
        seed=1,
        guidance=Guidance(scale=1.0),
    )
    torch.testing.assert_close(curves.mean(dim=0), data.mean[0], rtol=0, atol=0.025)
    torch.testing.assert_close(curves.std(dim=0), data.deviation[0], rtol=0, atol=0.025)


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("name", ["flow", "ddim", "dpmpp2m"])
def test_schedulers_that_add_no_noise_end_where_the_flow_of_the_seed_ends(
    name, prediction, perfect, data, conditioning
):
    curves = sample(perfect(prediction), build(name), conditioning, steps=500, seed=5)
    noise = normal_like(curves, torch.Generator().manual_seed(5))
    # The probability flow of Gaussian data ends there, whatever the schedule.
    end = data.mean + data.deviation * noise
    torch.testing.assert_close(curves, end, rtol=0, atol=1e-2)


def test_equal_seeds_give_equal_curves_and_others_differ(network, conditioning):
    one, again, other = (
        sample(network, build("ddpm"), conditioning, steps=5, seed=seed) for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.allclose(one, other)
    global_state = torch.get_rng_state()
    sample(network, build("ddpm"), conditioning, steps=2)
    assert torch.equal(torch.get_rng_state(), global_state)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_curves_stay_in_range_however_wild_the_network(name, network, conditioning):
    with torch.no_grad():
        network.denoiser.weight.mul_(20.0)
    curves = sample(network, build(name), conditioning, steps=7, guidance=Guidance(10.0))
    assert float(curves.abs().max()) <= 1.0
    assert float(curves.abs().max()) == 1.0  # it was wild


def test_every_prediction_is_clipped_before_the_scheduler_sees_it():
    seen = []

    class Watching:
        def levels(self, steps):
            return tuple(Level(i / steps, 1 - i / steps) for i in range(steps + 1))

        def step(self, x, prediction, level, next_level, history, generator):
            seen.append((prediction, history))
            return prediction, (*history, float(prediction.max()))

    noise = torch.zeros(1, 2, 2)
    out = denoise(lambda x, level: x + 3.0, Watching(), noise, 3)
    assert [float(p.max()) for p, _ in seen] == [1.0, 1.0, 1.0]
    assert [history for _, history in seen] == [(), (1.0,), (1.0, 1.0)]
    assert float(out.max()) == 1.0
    assert float(denoise(lambda x, level: x + 3.0, Watching(), noise, 3, clip=False).max()) == 9.0


def test_progress_is_reported_after_each_step(network, conditioning):
    told = []
    sample(network, build("flow"), conditioning, steps=4, progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_a_network_in_training_is_refused(network, conditioning):
    with pytest.raises(InputError, match=r"network\.eval\(\)"):
        sample(network.train(), build("flow"), conditioning, steps=4)


def test_no_gradients_are_recorded(network, conditioning):
    assert not sample(network, build("flow"), conditioning, steps=2).requires_grad
