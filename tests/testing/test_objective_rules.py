"""A valid objective passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.objective import ObjectiveDeclaration
from djtrans.testing import CheckFailed, check_objective, rules


class Power:
    """Mean power of the mix in dB above -60."""

    def __init__(self, config=None):
        pass

    def evaluate(self, mix):
        return 10.0 * torch.log10(mix.power.mean(dim=(1, 2)) + 1e-6) + 60.0


POWER = ObjectiveDeclaration(name="power", summary="Mean power.", factory=Power, unit="dB")


class Scalar(Power):
    def evaluate(self, mix):
        return super().evaluate(mix).sum()


class Negative(Power):
    def evaluate(self, mix):
        return super().evaluate(mix) - 70.0


class NeedsSound(Power):
    def evaluate(self, mix):
        if float(mix.a.solo.sum()) == 0.0:
            raise ValueError("A is silent")
        return super().evaluate(mix)


class InfiniteGradient(Power):
    def evaluate(self, mix):
        return mix.power.mean(dim=(1, 2)).sqrt()


class Detached(Power):
    def evaluate(self, mix):
        return super().evaluate(mix).detach()


class HalfGradient(Power):
    def evaluate(self, mix):
        value = super().evaluate(mix)
        return 0.5 * value + 0.5 * value.detach()


class BatchMean(Power):
    def evaluate(self, mix):
        value = super().evaluate(mix)
        return value.mean().expand_as(value)


class Random(Power):
    def evaluate(self, mix):
        return super().evaluate(mix) + torch.rand(())


class Remembers(Power):
    longest = 0

    def evaluate(self, mix):
        self.longest = max(self.longest, mix.power.shape[1])
        mark = self.longest != mix.power.shape[1]
        return super().evaluate(mix) + float(mark) + getattr(self, "count", 0.0)


class Counts(Remembers):
    def evaluate(self, mix):
        value = super().evaluate(mix)
        self.count = getattr(self, "count", 0.0) + 1.0
        return value


class InPlace(Power):
    def evaluate(self, mix):
        value = super().evaluate(mix)
        mix.a.source.power.mul_(0.5)
        return value


class Constant(Power):
    def evaluate(self, mix):
        return 0.0 * mix.values.sum(dim=(1, 2)) + 1.0


MUTANTS = {
    "value_is_one_per_transition": [Scalar, Negative],
    "every_prediction_is_rated": [NeedsSound],
    "gradients_are_finite": [InfiniteGradient, Detached],
    "gradients_agree_with_differences": [HalfGradient],
    "predictions_are_independent": [BatchMean],
    "rating_repeats": [Random, Counts],
    "prediction_is_untouched": [InPlace],
    "something_is_rated": [Constant],
}


def test_a_valid_objective_passes_every_rule():
    check_objective(POWER)


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, mutants in MUTANTS.items() for m in mutants]
)
def test_each_rule_catches_a_faulty_objective(name, mutant):
    declaration = attrs.evolve(POWER, factory=mutant)
    with pytest.raises(CheckFailed) as caught:
        check_objective(declaration)
    assert name in str(caught.value)


def test_every_rule_has_a_mutant():
    assert {rule.name for rule in rules("objective")} == set(MUTANTS)
