"""Gains of techniques through the mixer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import djtrans
from djtrans.planning.technique_gains import assume_gains, technique_gains
from djtrans.planning.window import Window


@pytest.fixture(scope="module")
def mixer():
    return djtrans.DifferentiableDJMixer()


class Curves:
    """Neutral curves with the given values."""

    def __init__(self, **values):
        self.values = values

    def generate(self, request):
        sheet = torch.tensor(request.layout.neutral).repeat(request.n_frames, 1)
        for pattern, value in self.values.items():
            columns = request.layout.select(pattern)
            sheet[:, columns] = torch.as_tensor(value, dtype=sheet.dtype).reshape(-1, 1)
        return sheet


WINDOW = Window(bars=4, swap=2, overlap=True, harmonic=True, before_a=2)


def test_neutral_curves_have_unit_gain(mixer):
    for side in technique_gains(Curves(), mixer, WINDOW):
        for name in ("low", "high", "drums", "notes", "vocals"):
            assert getattr(side, name) == pytest.approx(np.ones(4), abs=1e-4)


def test_a_fader_scales_the_power_of_its_track(mixer):
    faders = Curves(**{"b/*/fader/gain": 0.5})
    found = technique_gains(faders, mixer, WINDOW)
    assert found.a.high == pytest.approx(np.ones(4), abs=1e-4)
    assert found.b.low == pytest.approx(np.full(4, 0.25), abs=1e-4)
    assert found.b.high == pytest.approx(np.full(4, 0.25), abs=1e-4)


def test_a_muted_stem_takes_its_part(mixer):
    found = technique_gains(Curves(**{"a/drums/fader/gain": 0.0}), mixer, WINDOW)
    assert found.a.drums == pytest.approx(np.zeros(4), abs=1e-4)
    assert found.a.notes == pytest.approx(np.ones(4), abs=1e-4)
    assert 0.3 < found.a.low[0] < 0.8


def test_a_bass_swap_exchanges_the_low_end_at_the_swap(mixer):
    technique = djtrans.load_technique("bass-swap")
    window = Window(bars=16, swap=8, overlap=True, harmonic=True, before_a=8)
    found = technique_gains(technique, mixer, window)
    assert found.a.low[:8] == pytest.approx(np.ones(8), abs=0.02)
    assert found.a.low[8:].max() < 0.02
    assert found.b.low[:8].max() < 0.02
    assert found.b.low[8:] == pytest.approx(np.ones(8), abs=0.02)


def test_assumed_gains_end_with_the_window_or_at_the_swap():
    found = assume_gains("x/any", WINDOW, 4)
    assert (np.diff(found.a.high) <= 0).all()
    assert (np.diff(found.b.high) >= 0).all()
    cut = Window(bars=4, swap=2, overlap=False, harmonic=False, before_a=2)
    found = assume_gains("x/any", cut, 4)
    assert found.a.high == pytest.approx([1, 1, 0, 0])
    assert found.b.high == pytest.approx([0, 0, 1, 1])
