"""The objective of an example: its values, the rules of its kind, and its place in the sum."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from djtrans import Registry
from djtrans.objectives import load_objectives
from djtrans.testing import check_objective, example_prediction
from djtrans.testing.example_layout import example_layout

FILE = Path(__file__).resolve().parents[2] / "examples" / "own_objective.py"
LAYOUT = example_layout()


@pytest.fixture(scope="module")
def registry():
    registry = Registry(discover=False)
    registry.register_file(FILE)
    return registry


def test_it_keeps_the_rules_of_its_kind(registry):
    check_objective(registry.objectives.find("late-vocals").declaration)


def test_it_counts_the_beats_before_the_swap_with_open_vocals(registry):
    values = torch.tensor(LAYOUT.neutral).repeat(1, 32, 1)
    values[..., LAYOUT.select("b/*/fader/gain")] = 0.0
    values[:, 4:8, LAYOUT.select("b/vocals/fader/gain")] = 1.0  # two beats of two frames each
    mix = example_prediction(values)
    objective = registry.objectives.build("late-vocals")
    before = mix.swap_beat
    assert before > 4
    # Faders move linearly between frames: half a frame more at the start, as much less at the end.
    assert float(objective.evaluate(mix)) == pytest.approx(2.0, abs=0.3)


def test_it_is_part_of_the_sum_with_its_weight(registry):
    assert load_objectives(registry=registry).weights["own_objective/late-vocals"] == 2.0
    assert len(FILE.read_text().split('"""\n', 1)[1].splitlines()) <= 40
