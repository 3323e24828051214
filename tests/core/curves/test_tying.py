"""Curves that cannot be heard apart are tied, others are not."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.curves.layout import Layout
from djtrans.core.curves.tying import tied
from djtrans.mixer.resolve import mixer_layout


@pytest.fixture(scope="module")
def layout() -> Layout:
    return mixer_layout("dj54")


def curves(layout: Layout) -> torch.Tensor:
    """All stems of a track alike and moving, 16 frames."""
    values = torch.tensor(layout.neutral).repeat(16, 1)
    values[:, layout.select("a/*/fader/gain")] = torch.linspace(1, 0, 16)[:, None]
    return values


@pytest.mark.parametrize(("ratio", "is_tied"), [(1.05, True), (1.25, False)])
def test_gains_within_a_decibel_are_tied(layout: Layout, ratio: float, is_tied: bool) -> None:
    values = curves(layout)
    low = layout.select("a/*/eq/low")
    values[5, low[0]] = ratio
    found = tied(values, layout)
    if is_tied:
        torch.testing.assert_close(found[5, low], torch.full((4,), (3 + ratio) / 4))
    else:
        torch.testing.assert_close(found, values)


@pytest.mark.parametrize(("step", "is_tied"), [(0.009, True), (0.02, False)])
def test_cutoffs_within_a_hundredth_of_the_range_are_tied(
    layout: Layout, step: float, is_tied: bool
) -> None:
    values = curves(layout)
    hpf = layout.select("b/*/hpf/cutoff")
    values[:, hpf] = torch.tensor([0.3, 0.3 + step, 0.3, 0.3])
    found = tied(values, layout)[:, hpf]
    assert bool((found == found[:, :1]).all()) == is_tied
    assert float((found - values[:, hpf]).abs().max()) <= 0.01


def test_one_parameter_that_differs_keeps_a_stem_apart_from_the_others(layout: Layout) -> None:
    values = curves(layout)
    values[:, layout.select("a/*/eq/mid")] = torch.tensor([0.97, 0.99, 1.0, 1.03])
    values[3, layout.index("a/bass/eq/low")] = 0.0
    found = tied(values, layout)
    mid = found[0, layout.select("a/*/eq/mid")]
    assert float(mid[1]) == pytest.approx(0.99)
    assert mid[0] == mid[2] == mid[3] == pytest.approx(1.0)
    assert float(found[3, layout.index("a/bass/eq/low")]) == 0.0


def test_a_chain_of_small_steps_is_not_one_group(layout: Layout) -> None:
    """Each stem is within the tolerance of the next, but not of all."""
    values = curves(layout)
    low = layout.select("a/*/eq/low")
    values[:, low] = 10 ** (torch.tensor([0.0, 0.8, 1.6, 2.4]) / 20)
    found = tied(values, layout)[0, low]
    assert found[0] == found[1] != found[2] == found[3]


def test_other_rows_and_equal_curves_are_unchanged(layout: Layout) -> None:
    values = curves(layout)
    values[:, layout.select("*/track/*")] = 0.123
    assert torch.equal(tied(values, layout), values)
