"""Curves of the example tracks, and objectives by name."""

from __future__ import annotations

import pytest
import torch

from djtrans.registry import default_registry
from djtrans.testing import example_prediction
from djtrans.testing.example_layout import example_layout

LAYOUT = example_layout()
BEATS = 16


class Moves:
    """Curves in which B is silent, and changes of them by beats."""

    def __init__(self, beats=BEATS):
        self.values = torch.tensor(LAYOUT.neutral).expand(1, 2 * beats, -1).clone()
        self.set("b/*/fader/gain", 0.0)

    def set(self, pattern, value, start=0, stop=None):
        frames = slice(2 * start, None if stop is None else 2 * stop)
        self.values[:, frames, LAYOUT.select(pattern)] = value
        return self

    def ramp(self, pattern, first, last, start=0, stop=BEATS):
        steps = torch.linspace(first, last, 2 * (stop - start))
        self.values[:, 2 * start : 2 * stop, LAYOUT.select(pattern)] = steps[:, None]
        return self


@pytest.fixture
def moves():
    return Moves


@pytest.fixture
def rate():
    def rate(name, moves, **options):
        objective = default_registry().objectives.build(name)
        beats = moves.values.shape[1] // 2
        prediction = example_prediction(moves.values, beats=beats, **options)
        return float(objective.evaluate(prediction))

    return rate
