"""Stored curves: their rating, their arrays, and the batches that have them."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.datasets.synthetic.stored_curves import (
    StoredCurves,
    curve_tensors,
    improvements,
    read_curves,
)


def stored(composition=0, frames=3, cost=1.0, refined=False, fill=0.0):
    return StoredCurves(composition, torch.full((frames, 2), fill), cost, refined)


def test_improvement_is_a_share_of_the_known_one():
    curves = [stored(cost=4.0), stored(cost=8.0), stored(cost=2.0, refined=True)]
    # The technique's own curves cost 6 on average; the best costs 4 less.
    assert improvements(curves) == [0.5, -0.5, 1.0]


def test_much_worse_curves_are_at_the_lower_limit():
    # The mean is 3, the best costs 2 less, the worst 4 more.
    assert improvements([stored(cost=1.0), stored(cost=1.0), stored(cost=7.0)])[2] == -1.0


def test_equal_costs_are_no_improvement():
    assert improvements([stored(cost=2.0), stored(cost=2.0)]) == [0.0, 0.0]
    assert improvements([]) == []


def test_arrays_are_read_as_written():
    curves = [stored(1, 4, 2.5, True, 0.5), stored(0, 3, 3.5, False, -1.0)]
    found = read_curves(curve_tensors(curves, "training"), "training", [3, 4])
    for given, read in zip(curves, found, strict=True):
        assert (read.composition, read.cost, read.refined) == (
            given.composition,
            given.cost,
            given.refined,
        )
        assert torch.equal(read.values.float(), given.values)
    assert read_curves({}, "training", [3]) == ()


@pytest.mark.parametrize("frames", [[3], [3, 5]])
def test_curves_of_other_compositions_are_refused(frames):
    tensors = curve_tensors([stored(1, 4)], "training")
    with pytest.raises((ValueError, RuntimeError)):
        read_curves(tensors, "training", frames)


def test_improvements_do_not_depend_on_the_scale_of_the_costs():
    curves = [stored(cost=3.0), stored(cost=5.0), stored(cost=2.0, refined=True)]
    scaled = [attrs.evolve(each, cost=10.0 * each.cost) for each in curves]
    assert improvements(scaled) == pytest.approx(improvements(curves))
