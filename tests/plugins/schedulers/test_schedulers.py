"""Levels and single steps of schedulers, worked out by hand."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch

from djtrans.core.contracts.scheduler import Level
from djtrans.registry import default_registry

PAGE = Path(__file__).resolve().parents[3] / "docs/diffusion.md"


def test_the_default_numbers_of_steps_are_those_of_the_page():
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\| (\d+) \|", page, flags=re.M)
    schedulers = default_registry().schedulers
    declared = {c.declaration.name: c.declaration.steps for c in schedulers}
    assert {name: int(steps) for name, steps in rows} == declared


def test_the_spacing_of_flow(build):
    even, cosine = (build("flow", spacing=name).levels(3) for name in ("even", "cosine"))
    assert [level.sigma for level in even] == pytest.approx([1, 2 / 3, 1 / 3, 0])
    # cos(0), cos(30 degrees), cos(60 degrees) and cos(90 degrees), squared.
    assert [level.sigma for level in cosine] == pytest.approx([1, 3 / 4, 1 / 4, 0], abs=1e-12)
    for level in (*even, *cosine):
        assert level.alpha + level.sigma == pytest.approx(1.0)
    assert build("flow").levels(3) == cosine


@pytest.mark.parametrize("name", ["flow", "ddim", "dpmpp2m"])
def test_a_step_with_the_true_curves_leads_along_the_true_noise(name, build):
    """Also between levels of another schedule, whose alpha and sigma do not add up to 1."""
    clean, noise = torch.tensor([[[0.5, -0.25]]]), torch.tensor([[[1.5, -0.75]]])
    before, after = Level(0.6, 0.8), Level(0.8, 0.6)
    x = before.alpha * clean + before.sigma * noise
    found, _ = build(name).step(x, clean, before, after, (), torch.Generator())
    assert torch.allclose(found, after.alpha * clean + after.sigma * noise, atol=1e-6)


@pytest.mark.parametrize("name", ["flow", "dpmpp2m"])
def test_the_last_step_ends_on_the_prediction_whatever_came_before(name, build):
    scheduler = build(name)
    one, two, three = scheduler.levels(3)[-3:]
    x = torch.tensor([[[0.3, -0.4]]])
    first, history = scheduler.step(x, torch.zeros_like(x), one, two, (), None)
    prediction = torch.tensor([[[0.125, 0.75]]])
    last, _ = scheduler.step(first, prediction, two, three, history, None)
    assert torch.allclose(last, prediction, atol=1e-6)
    assert not math.isclose(two.sigma, 0.0)
