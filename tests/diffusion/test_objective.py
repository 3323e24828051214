"""The loss, and what is random in it."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.denoiser import PREDICTIONS
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.objective import NoiseSample, Objective

CLEAN = 2 * torch.rand(2, 8, 5, generator=torch.Generator().manual_seed(8)) - 1


def drawn(objective, network, clean=CLEAN, seed=0):
    return objective.sample(network, clean, torch.Generator().manual_seed(seed))


def test_noise_fractions_are_logit_normal(network):
    objective = Objective(level_mean=-0.4, level_deviation=0.7)
    draw = drawn(objective, network, torch.zeros(20000, 1, 1))
    logit = torch.logit(draw.noise_fraction.double())
    assert float(logit.mean()) == pytest.approx(-0.4, abs=0.02)
    assert float(logit.std()) == pytest.approx(0.7, abs=0.02)


def test_encoders_are_dropped_each_on_its_own_and_all_together(network):
    network.slots = (attrs.evolve(network.slots[0], dropout=0.2), network.slots[1])
    dropped = drawn(Objective(unconditional=0.3), network, torch.zeros(20000, 1, 1)).dropped
    first, second = dropped.float().mean(dim=0).tolist()
    both = float(dropped.all(dim=1).float().mean())
    assert first == pytest.approx(1 - 0.7 * 0.8, abs=0.015)
    assert second == pytest.approx(1 - 0.7 * 0.9, abs=0.015)
    assert both == pytest.approx(0.3 + 0.7 * 0.2 * 0.1, abs=0.015)


def test_a_noise_sample_depends_on_its_generator_only(network):
    one, again, other = (drawn(Objective(), network, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.noise, again.noise)
    assert torch.equal(one.noise_fraction, again.noise_fraction)
    assert not torch.equal(one.noise, other.noise)


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_the_loss_of_a_perfect_answer_is_zero(prediction, network, conditioning):
    draw = drawn(Objective(), network)

    class Knowing(torch.nn.Module):
        def forward(self, z, noise_fraction, conditioning):
            return {"velocity": draw.noise - CLEAN, "noise": draw.noise, "clean": CLEAN}[prediction]

    network.prediction, network.denoiser = prediction, Knowing()
    loss = Objective().loss(network, CLEAN, conditioning, draw)
    assert float(loss.total) < 1e-10


class Off(torch.nn.Module):
    """Answers clean curves that are off by a given amount."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, z, noise_fraction, conditioning):
        return CLEAN + self.error


def test_the_terms_equal_their_formulas(network, conditioning):
    error = torch.zeros(8, 5)
    error[4:] = 0.5  # a step that the target has not
    network.prediction, network.denoiser = "clean", Off(error)
    draw = NoiseSample(
        torch.tensor([0.25, 0.25]), torch.zeros_like(CLEAN), torch.zeros(2, 2).bool()
    )
    loss = Objective(smoothness=0.3).loss(network, CLEAN, conditioning, draw)
    assert float(loss.prediction) == pytest.approx((0.5 / 0.25) ** 2 * 4 / 8)
    assert float(loss.smoothness) == pytest.approx((0.75 * 0.5) ** 2 / 7)
    assert float(loss.total) == pytest.approx(float(loss.prediction + 0.3 * loss.smoothness))


def test_a_cut_that_the_target_has_costs_nothing(network, conditioning):
    """Off by a constant: wrong, but as rough as the target."""
    network.prediction, network.denoiser = "clean", Off(torch.tensor(0.2))
    objective = Objective(least_noise=1.0)
    loss = objective.loss(network, CLEAN, conditioning, drawn(objective, network))
    assert float(loss.prediction) == pytest.approx(0.04, rel=1e-4)
    assert float(loss.smoothness) < 1e-12


def test_an_error_of_clean_curves_counts_as_the_error_of_their_velocity(network, conditioning):
    """The same error, said as clean curves and as a velocity; below the least noise it is held."""
    error, t = 0.2, torch.tensor([0.5, 0.02])
    noise = torch.randn(CLEAN.shape, generator=torch.Generator().manual_seed(3))
    draw = NoiseSample(t, noise, torch.zeros(2, 2).bool())
    network.prediction, network.denoiser = "clean", Off(error)
    loss = Objective(least_noise=0.1).loss(network, CLEAN, conditioning, draw)
    assert float(loss.prediction) == pytest.approx(((0.2 / 0.5) ** 2 + (0.2 / 0.1) ** 2) / 2)

    class Moving(torch.nn.Module):
        def forward(self, z, noise_fraction, conditioning):
            return noise - CLEAN - error / 0.5  # its clean curves are off by `error` at t = 0.5

    network.prediction, network.denoiser = "velocity", Moving()
    same = Objective().loss(network, CLEAN, conditioning, attrs.evolve(draw, noise_fraction=t[:1]))
    assert float(same.prediction) == pytest.approx((0.2 / 0.5) ** 2)


def test_frames_outside_the_mask_count_for_nothing(network, conditioning):
    mask = torch.arange(8) < torch.tensor([[8], [5]])
    masked = attrs.evolve(conditioning, mask=mask)
    draw = drawn(Objective(), network)
    losses = []
    for filler in (0.0, 1e6):
        clean = torch.where(mask[..., None], CLEAN, torch.tensor(filler))
        losses.append(Objective().loss(network, clean, masked, draw))
    assert torch.equal(losses[0].total, losses[1].total)


def test_every_frame_counts_the_same(network, conditioning):
    """A batch of mixed lengths has the mean over all its frames."""
    error = torch.zeros(2, 8, 5)
    error[1] = 1.0
    network.prediction, network.denoiser = "clean", Off(error)
    mask = torch.arange(8) < torch.tensor([[8], [2]])
    masked = attrs.evolve(conditioning, mask=mask)
    objective = Objective(least_noise=1.0)
    loss = objective.loss(network, CLEAN, masked, drawn(objective, network))
    assert float(loss.prediction) == pytest.approx(2 / 10)


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_the_loss_is_finite_where_there_is_hardly_anything_but_noise(
    prediction, network, conditioning
):
    network = DiffusionNetwork(Same(network.denoiser), prediction, 5, network.slots)
    draw = attrs.evolve(drawn(Objective(), network), noise_fraction=torch.tensor([1.0, 0.0]))
    loss = Objective().loss(network, CLEAN, conditioning, draw)
    loss.total.backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in network.denoiser.parameters())
    assert float(loss.total.detach()) < 100.0


class Same:
    """A denoiser that gives the network that it was given."""

    def __init__(self, network):
        self.network = network

    def build(self, shape):
        return self.network
