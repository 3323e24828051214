"""Guides lower their objectives and stay in range, whatever the strength."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import djtrans
from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import ConfigError
from djtrans.objectives import GuideConfig, ObjectiveGuide, WeightedObjectives, load_objectives
from djtrans.objectives.guide import LARGEST_STEP
from tests.helpers.stem_powers import LAYOUT, power_model, random_powers

FRAMES, PARAMETERS = 8, len(LAYOUT)
MIDDLE = Level(0.5, 0.5)


class Curves:
    """A model that predicts nothing but the curves, from 0 to 1 in the range of each."""

    mixer = SimpleNamespace(layout=LAYOUT)

    def predict(self, values):
        rows = [row.parameter for row in LAYOUT.rows]
        low, span = (torch.tensor([getattr(p, n) for p in rows]) for n in ("minimum", "span"))
        return SimpleNamespace(batch=len(values), unit=(values - low) / span)


def guide(rate, **config):
    objective = SimpleNamespace(evaluate=lambda mix: rate(mix.unit))
    declaration = djtrans.ObjectiveDeclaration(name="toy", summary="A test.", factory=str)
    objectives = WeightedObjectives({"toy": objective}, {"toy": declaration}, {"toy": 1.0})
    return ObjectiveGuide(Curves(), objectives, GuideConfig(**config))


def squared(target):
    return lambda unit: (unit - target).square().sum(dim=(1, 2))


def random_curves(seed, batch=2, frames=FRAMES):
    generator = torch.Generator().manual_seed(seed)
    return 2.0 * torch.rand(batch, frames, PARAMETERS, generator=generator) - 1.0


def test_a_step_has_the_given_size():
    """A linear objective has the same gradient everywhere: each value moves by the step."""
    start = torch.zeros(1, FRAMES, PARAMETERS)
    for fraction, expected in ((0.0, 0.1), (0.5, 0.05), (0.8, 0.02)):
        level = Level(1.0 - fraction, fraction)
        linear = guide(lambda unit: unit.mean(dim=(1, 2)), strength=0.1, steps=1)
        torch.testing.assert_close(linear(start, level, None), torch.full_like(start, -expected))


def test_many_steps_reach_the_minimum():
    found = guide(squared(0.75), strength=0.1, steps=100)(random_curves(0), MIDDLE, None)
    # 0.75 of a range from 0 to 1 is 0.5 in the range -1 to 1.
    assert float((found - 0.5).square().mean().sqrt()) < 0.02


def test_a_step_that_is_too_long_is_halved_or_left_out():
    start = torch.full((1, FRAMES, PARAMETERS), 0.1)
    # A step of 0.25 from 0.1 to the other side of the minimum at 0: half of it is better.
    halved = guide(squared(0.5), strength=100.0, steps=1)(start, MIDDLE, None)
    torch.testing.assert_close(halved, torch.full_like(start, 0.1 - LARGEST_STEP / 2))
    nearest = torch.full((1, FRAMES, PARAMETERS), 0.001)
    assert torch.equal(guide(squared(0.5), strength=100.0)(nearest, MIDDLE, None), nearest)


@pytest.mark.parametrize("fraction", [0.05, 0.95])
def test_nothing_is_guided_outside_of_the_interval(fraction):
    start = random_curves(0)
    toy = guide(squared(0.5), interval=(0.1, 0.9))
    assert toy(start, Level(1.0 - fraction, fraction), None) is start
    assert not torch.equal(toy(start, MIDDLE, None), start)


def test_a_strength_of_0_changes_nothing():
    start = random_curves(0)
    assert guide(squared(0.5), strength=0.0)(start, MIDDLE, None) is start


@settings(deadline=None, max_examples=25)
@given(
    strength=st.sampled_from([1e-3, 0.05, 1.0, 10.0, 100.0]),
    steps=st.integers(1, 5),
    fraction=st.floats(0.0, 0.9),
    seed=st.integers(0, 99),
)
def test_no_strength_raises_the_objective_or_leaves_the_range(strength, steps, fraction, seed):
    def rate(unit):  # with many minima
        return (1.1 + torch.sin(9.0 * unit) + (unit - 0.3).abs()).sum(dim=(1, 2))

    start = random_curves(seed)
    toy = guide(rate, strength=strength, steps=steps)
    found = toy(start, Level(1.0 - fraction, fraction), None)
    before, after = (rate(0.5 * (x + 1.0)) for x in (start, found))
    assert bool((after <= before + 1e-3).all())
    assert float(found.abs().max()) <= 1.0
    assert float((found - start).abs().max()) <= steps * LARGEST_STEP + 1e-5


@pytest.mark.parametrize("strength", [0.05, 1.0, 100.0])
def test_the_built_in_objectives_are_lowered(strength):
    model = power_model(random_powers(1, 8), random_powers(2, 8))
    objectives = load_objectives().descending()
    real = ObjectiveGuide(model, load_objectives(), GuideConfig(strength=strength))

    def total(x):
        low = torch.tensor([row.parameter.minimum for row in LAYOUT.rows])
        span = torch.tensor([row.parameter.span for row in LAYOUT.rows])
        return objectives.evaluate(model.predict(low + 0.5 * (x + 1.0) * span)).total

    start = random_curves(4, frames=16)
    found = real(start, Level(0.8, 0.2), None)
    assert bool((total(found) < total(start)).all())
    assert float(found.abs().max()) <= 1.0


def test_rows_of_a_batch_are_guided_as_alone():
    start = random_curves(1, batch=3)
    toy = guide(squared(torch.linspace(0, 1, PARAMETERS)), strength=1.0)
    together = toy(start, MIDDLE, None)
    for index in range(3):
        alone = toy(start[index : index + 1], MIDDLE, None)
        torch.testing.assert_close(together[index : index + 1], alone)


def test_a_guide_works_without_gradients_around_it_and_records_none():
    start = random_curves(2)
    with torch.no_grad():
        found = guide(squared(0.5))(start, MIDDLE, None)
    assert not found.requires_grad
    assert not torch.equal(found, start)


@pytest.mark.parametrize("config", [{"strength": -1.0}, {"strength": 101.0}, {"steps": 0}])
def test_settings_have_limits(config):
    with pytest.raises(ConfigError):
        GuideConfig(**config)
