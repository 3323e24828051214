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
from djtrans.diffusion.sampling import Start, denoise, sample
from djtrans.registry import default_registry

SCHEDULERS = ("flow", "heun", "ddpm", "ddim", "dpmpp2m")


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
@pytest.mark.parametrize("name", ["flow", "heun", "ddim", "dpmpp2m"])
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


# -- a batch of seeds, guides, curves to start from ----------------------------------------------


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_row_depends_on_its_own_seed_only(name, network, conditioning):
    """Also under a scheduler that adds noise at each step."""
    inputs = told(conditioning, 3)
    together = sample(network, build(name), inputs, steps=5, seed=(7, 8, 9))
    for row, seed in enumerate((7, 8, 9)):
        alone = sample(network, build(name), told(conditioning, 1), steps=5, seed=seed)
        torch.testing.assert_close(together[row : row + 1], alone)
    assert not torch.allclose(together[0], together[1])


def test_seeds_must_fit_the_batch(network, conditioning):
    with pytest.raises(InputError, match="3 seeds for a batch of 2"):
        sample(network, build("flow"), conditioning, steps=2, seed=(1, 2, 3))


@pytest.mark.parametrize("name", SCHEDULERS)
def test_guides_are_called_in_order_at_every_level(name, network, conditioning):
    called = []

    def guide(letter):
        def call(clean, level):
            called.append((letter, level))
            return clean

        return call

    scheduler = build(name)
    guides = [guide("x"), guide("y")]
    guided = sample(network, scheduler, conditioning, steps=4, seed=1, guides=guides)
    levels = scheduler.levels(4)[:-1]
    if name == "heun":  # which evaluates both ends of every step but the last
        levels = (levels[0], *(level for level in levels[1:] for _ in range(2)))
    assert called == [(letter, level) for level in levels for letter in "xy"]
    assert torch.equal(guided, sample(network, scheduler, conditioning, steps=4, seed=1))


@pytest.mark.parametrize("name", ["flow", "heun", "ddim", "dpmpp2m"])
def test_a_guide_that_knows_the_curves_decides_them(name, network, conditioning):
    target = 0.5 * torch.rand(2, 8, 5, generator=torch.Generator().manual_seed(4))
    out = sample(network, build(name), conditioning, steps=6, guides=[lambda clean, level: target])
    torch.testing.assert_close(out, target, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("strength", [1.0, 1e3, 1e6])
def test_extreme_guides_stay_in_range(name, strength, network, conditioning):
    def guide(clean, level):
        return clean + strength * torch.sin(1e3 * clean)

    out = sample(network, build(name), conditioning, steps=8, guides=[guide])
    assert bool(torch.isfinite(out).all())
    assert float(out.abs().max()) <= 1.0


def started(strength, name, steps=100):
    """Curves of a denoiser of Gaussian data of mean 0 and deviation 0.3, from curves at 0.5."""
    curves = torch.full((8, 5), 0.5)

    def predict(x, level):
        gain = level.alpha * 0.3**2 / (level.alpha**2 * 0.3**2 + level.sigma**2)
        return gain * x

    noise = torch.randn(64, 8, 5, generator=torch.Generator().manual_seed(1))
    return denoise(predict, build(name), noise, steps, start=Start(curves, strength))


@pytest.mark.parametrize("name", ["flow", "heun", "ddim", "dpmpp2m"])
def test_curves_to_start_from_are_kept_the_better_the_smaller_the_strength(name):
    distances = [
        float((started(strength, name).mean(dim=0) - 0.5).abs().mean())
        for strength in (0.05, 0.3, 0.6, 0.9)
    ]
    assert distances == sorted(distances)
    assert distances[0] < 0.03
    assert distances[-1] > 0.4  # near the mean of the data


@pytest.mark.parametrize("name", ["flow", "heun", "ddim", "dpmpp2m"])
def test_a_strength_towards_0_returns_the_curves(name):
    out = started(1e-9, name, steps=1000)
    torch.testing.assert_close(out, torch.full_like(out, 0.5), rtol=0, atol=0.1)
    assert float((out - 0.5).square().mean().sqrt()) < 0.02


def test_a_strength_of_1_ignores_the_curves(network, conditioning):
    plain = sample(network, build("flow"), conditioning, steps=4, seed=3)
    start = Start(torch.full((8, 5), 0.9), 1.0)
    assert torch.equal(
        sample(network, build("flow"), conditioning, steps=4, seed=3, start=start), plain
    )


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("strength", [1e-6, 0.2, 0.5, 0.999])
def test_denoising_starts_at_the_noise_of_the_strength(name, strength):
    """The first input is the curves with that noise, and all lower levels follow."""
    seen, scheduler = [], build(name)
    curves, noise = torch.full((8, 5), 0.25), torch.ones(1, 8, 5)

    def predict(x, level):
        seen.append((x, level))
        return x

    reported = []
    start = Start(curves, strength)
    denoise(
        predict,
        scheduler,
        noise,
        20,
        start=start,
        generator=torch.Generator(),
        progress=reported.append,
    )
    levels = scheduler.levels(20)[:-1]
    below = [level for level in levels if level.noise_fraction <= strength] or [levels[-1]]
    # Heun's method evaluates the end of a step and the start of the next at one level.
    assert list(dict.fromkeys(level for _, level in seen)) == below
    expected = below[0].alpha * curves + below[0].sigma * noise
    torch.testing.assert_close(seen[0][0], expected)
    assert reported[-1] == 1.0
    assert len(reported) == len(below)


@pytest.mark.parametrize("strength", [0.0, -0.1, 1.1, float("nan")])
def test_a_strength_has_limits(strength):
    with pytest.raises(InputError, match="strength of"):
        Start(torch.zeros(8, 5), strength)
