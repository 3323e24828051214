"""Weights, sums and faults of objectives."""

from __future__ import annotations

import pytest
import torch

import djtrans
from djtrans.core.errors import InputError, PluginError
from djtrans.objectives import WeightedObjectives, load_objectives
from djtrans.registry import Registry, default_registry
from djtrans.testing import example_prediction


def fixed(value):
    """An objective that gives this, whatever it rates."""

    class Fixed:
        def evaluate(self, mix):
            return value

    return Fixed()


def declared(name, **fields):
    return djtrans.ObjectiveDeclaration(name=name, summary="A test.", factory=fixed, **fields)


def weighted(**values):
    names = list(values)
    return WeightedObjectives(
        {name: fixed(values[name]) for name in names},
        {name: declared(name, descends=name != "count") for name in names},
        {name: float(index + 1) for index, name in enumerate(names)},
    )


def test_every_objective_has_its_declared_weight():
    found = load_objectives()
    components = default_registry().objectives.declared
    assert found.weights == {c.declaration.name: c.declaration.weight for c in components}
    assert set(found.objectives) == set(found.declarations) == set(found.weights)


def test_weights_can_be_replaced():
    expected = {**load_objectives().weights, "masking": 3.0, "hole": 0.5}
    del expected["controls"]
    assert load_objectives({"masking": 3, "djtrans/hole": 0.5, "controls": 0}).weights == expected


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"maskin": 1.0}, "no objective 'maskin'.*masking"),
        ({"masking": -1.0}, "masking is -1.0"),
        ({"masking": float("inf")}, "masking is inf"),
        ({"masking": float("nan")}, "masking is nan"),
    ],
)
def test_weights_that_are_not_allowed(weights, message):
    with pytest.raises(InputError, match=message):
        load_objectives(weights)


def test_at_least_one_objective_is_kept():
    nothing = dict.fromkeys(load_objectives().weights, 0.0)
    with pytest.raises(InputError, match="keep at least one"):
        load_objectives(nothing)
    assert list(load_objectives({**nothing, "hole": 1.0}).objectives) == ["hole"]


def test_an_objective_of_a_plugin_has_its_namespace():
    class Quiet:
        def __init__(self, config):
            pass

        def evaluate(self, mix):
            return mix.power.mean(dim=(1, 2))

    class Plugin:
        @djtrans.hookimpl
        def djtrans_objectives(self):
            yield djtrans.ObjectiveDeclaration(
                name="masking", summary="Power.", factory=Quiet, weight=3.0
            )

    registry = Registry(discover=False)
    registry.register(Plugin(), "acme")
    found = load_objectives({"acme/masking": 5.0}, registry)
    assert found.weights["acme/masking"] == 5.0
    assert found.weights["masking"] == load_objectives().weights["masking"]
    mix = example_prediction()
    values = found.evaluate(mix).values
    torch.testing.assert_close(values["acme/masking"], mix.power.mean(dim=(1, 2)))


def test_the_total_is_the_weighted_sum():
    found = weighted(one=torch.tensor([1.0, 2.0]), two=torch.tensor([10.0, 0.0]))
    evaluation = found.evaluate(example_prediction())
    assert evaluation.total.tolist() == [21.0, 2.0]
    assert evaluation.values["two"].tolist() == [10.0, 0.0]


def test_counts_are_left_out_of_the_descent():
    found = weighted(one=torch.ones(2), count=torch.ones(2), last=torch.ones(2))
    descending = found.descending()
    assert descending.evaluate(example_prediction()).total.tolist() == [4.0, 4.0]
    assert dict(descending.weights) == {"one": 1.0, "last": 3.0}
    assert list(descending.declarations) == list(descending.objectives) == ["one", "last"]


@pytest.mark.parametrize(
    "value", [torch.tensor(1.0), torch.ones(3), torch.ones(2, 1), torch.tensor([1.0, torch.nan])]
)
def test_an_objective_with_another_result_is_named(value):
    with pytest.raises(PluginError, match=r"The objective broken gave .* 2 transitions"):
        weighted(fine=torch.ones(2), broken=value).evaluate(example_prediction())
