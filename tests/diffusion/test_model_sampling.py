"""Many curves of one request in one batch, guided, or from given curves."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.curves.params import conform
from djtrans.core.errors import InputError, ShapeError
from djtrans.diffusion import load_model
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling
from djtrans.objectives import GuideConfig, ObjectiveGuide, load_objectives
from tests.helpers.models import save_random_model
from tests.helpers.stem_powers import power_model, random_powers

BEATS = 16
SEEDS = (3, 0, 11)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(save_random_model(tmp_path_factory.mktemp("model")), "cpu")


@pytest.fixture
def request_of(model):
    def make(**changes):
        return djtrans.CurveRequest(
            model.layout, n_frames=2 * BEATS, swap_beat=BEATS // 2, **changes
        )

    return make


def test_a_row_is_what_its_seed_generates(model, request_of):
    request = request_of(technique="djtrans/bass-swap")
    together = model.generate_many(request, SEEDS)
    assert tuple(together.shape) == (3, 2 * BEATS, 54)
    for values, seed in zip(together, SEEDS, strict=True):
        alone = model.generate(attrs.evolve(request, seed=seed))
        torch.testing.assert_close(values, alone, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(together[0], together[1], atol=0.01)


def test_the_seed_of_the_request_is_ignored(model, request_of):
    one, other = (model.generate_many(request_of(seed=seed), [5]) for seed in (1, 2))
    assert torch.equal(one, other)


def test_without_seeds_nothing_is_generated(model, request_of):
    with pytest.raises(InputError, match="at least one"):
        model.generate_many(request_of(), [])


def test_guides_get_the_clean_curves_the_level_and_the_request(model, request_of):
    request, called = request_of(), []

    def guide(clean, level, asked):
        called.append((tuple(clean.shape), level, asked))
        return clean

    guided = model.generate_many(request, SEEDS, guides=[guide])
    levels = model.scheduler.levels(model.steps)[:-1]
    assert [level for _, level, _ in called] == list(levels)
    assert {shape for shape, _, _ in called} == {(3, 2 * BEATS, 54)}
    assert all(asked is request for _, _, asked in called)
    assert torch.equal(guided, model.generate_many(request, SEEDS))


def technique_curves(request):
    return conform(djtrans.load_technique("bass-swap").generate(request), request.layout)


class Still(torch.nn.Module):
    """A velocity of zero: noisy curves count as clean."""

    def __init__(self, shape):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x, noise_fraction, conditioning):
        return torch.zeros_like(x)


class Architecture:
    def build(self, shape):
        return Still(shape)


@pytest.fixture(scope="module")
def still(model):
    """A model of 200 steps whose curves stay what they are at the first level."""
    network = DiffusionNetwork(Architecture(), "velocity", 54, model.network.slots).eval()
    return attrs.evolve(model, network=network, inference=djtrans.get_inference_config(steps=200))


def test_curves_are_varied_in_the_units_of_their_parameters(still, request_of):
    request = request_of()
    start = technique_curves(request)
    same = still.generate_many(request, SEEDS, start=start, strength=1e-9)
    torch.testing.assert_close(same, start.expand(3, -1, -1), rtol=0, atol=1e-3)
    distances = [
        float((still.generate_many(request, [1], start=start, strength=s) - start).abs().mean())
        for s in (1e-9, 0.1, 0.3, 0.8)
    ]
    assert distances == sorted(distances)
    assert distances[-1] > 0.1


def test_variations_differ_by_seed(still, request_of):
    request = request_of()
    start = technique_curves(request)
    many = still.generate_many(request, SEEDS, start=start, strength=0.3)
    assert not torch.allclose(many[0], many[1], atol=0.01)
    again = still.generate_many(request, SEEDS, start=start, strength=0.3)
    assert torch.equal(many, again)


def test_a_strength_of_1_ignores_the_curves(model, request_of):
    request = request_of()
    start = technique_curves(request)
    varied = model.generate_many(request, SEEDS, start=start, strength=1.0)
    assert torch.equal(varied, model.generate_many(request, SEEDS))


def test_what_cannot_be_varied_is_an_error(model, request_of):
    request = request_of()
    start = technique_curves(request)
    with pytest.raises(InputError, match="strength of"):
        model.generate_many(request, SEEDS, start=start, strength=0.0)
    with pytest.raises(ShapeError, match="53 columns"):
        model.generate_many(request, SEEDS, start=start[:, :53], strength=0.5)
    with pytest.raises(ShapeError, match="31 frames and the request 32"):
        model.generate_many(request, SEEDS, start=start[1:], strength=0.5)


@pytest.mark.parametrize("strength", [0.05, 100.0])
def test_objectives_guide_the_sampling_and_do_not_diverge(strength, model, request_of):
    """Whatever the strength: in range, finite, and no worse by the objectives than without."""
    request = request_of()
    powers = power_model(random_powers(1, BEATS), random_powers(2, BEATS))
    objectives = load_objectives().descending()
    guide = ObjectiveGuide(powers, objectives, GuideConfig(strength=strength, steps=2))
    plain = model.generate_many(request, SEEDS)
    guided = model.generate_many(request, SEEDS, guides=[guide])
    scaled = Scaling(model.layout).to_model(guided)
    assert bool(torch.isfinite(guided).all())
    assert float(scaled.abs().max()) <= 1.0 + 1e-6
    before, after = (objectives.evaluate(powers.predict(v)).total for v in (plain, guided))
    assert bool((after < before).all())
