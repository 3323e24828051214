"""Pictures and numbers of sampled curves, and the model that a monitor receives."""

from __future__ import annotations

import csv

import attrs
import numpy as np
import pytest
import torch

import djtrans
from djtrans.diffusion import DiffusionModel, read_model
from djtrans.training.curve_monitor import CurveMonitor, held_out_requests
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set

SMALL = {"dit": {"width": 8, "depth": 1, "heads": 1}}
OPTIONS = TrainOptions(
    steps=4, batch_size=2, save_every=2, validate_every=2, validation_batches=1, lr=1e-3
)


def still(layout, curves):
    """Return a column that never moves, and not near its minimum."""
    for row in layout.rows:
        lowest = min(float(x[:, row.index].min()) for x in curves)
        highest = max(float(x[:, row.index].max()) for x in curves)
        if lowest == highest >= row.parameter.minimum + 0.5 * row.parameter.span:
            return row.index
    raise LookupError


class Fixed:
    """Stand in for a model: the expected curves, shifted by a fraction of the range."""

    def __init__(self, layout, curves, shift):
        self.layout, self.curves, self.shift = layout, curves, shift

    def generate(self, request):
        values = self.curves[request.n_frames].clone()
        column = still(self.layout, self.curves.values())
        span = self.layout.rows[column].parameter.span
        values[4:-4, column] -= self.shift * span
        return values


def test_numbers_are_those_of_the_curves():
    layout = djtrans.mixer_layout("dj54")
    techniques = {
        name: djtrans.default_registry().techniques.build(name)
        for name in ("djtrans/fade", "djtrans/bass-swap")
    }
    requests, expected = held_out_requests([small_set()], layout, techniques, 2)
    assert {request.technique for request in requests} == set(techniques)
    curves = {len(values): values for values in expected}
    assert len(curves) == 2
    same = CurveMonitor(Fixed(layout, curves, 0.0), requests, expected)(10)
    assert same["curves/rms"] == pytest.approx(0.0, abs=1e-6)
    assert same["curves/motion"] == pytest.approx(1.0)
    assert any("step 10" in text.get_text() for text in same[""].texts)
    shifted = CurveMonitor(Fixed(layout, curves, 0.25), requests, expected)(10)
    # A quarter of the range is 0.5 of -1 to 1, on all but 8 frames of one of 54 columns.
    each = [0.5 * np.sqrt((len(x) - 8) / len(x) / 54) for x in expected]
    assert shifted["curves/rms"] == pytest.approx(np.mean(each), rel=1e-3)
    assert shifted["curves/motion"] > 1.0
    assert len(held_out_requests([small_set()], layout, techniques, 1)[0]) == 1


def test_a_monitor_receives_a_model_with_the_averaged_weights(tmp_path):
    seen = []

    def monitor(model, step):
        assert isinstance(model, DiffusionModel)
        seen.append((step, {k: w.clone() for k, w in model.network.state_dict().items()}))
        return {"quality": 0.5 * step}

    train_model(
        small_set(), tmp_path, model_record(configs=SMALL), OPTIONS, device="cpu",
        monitor=monitor, pictures=2,
    )  # fmt: skip
    assert [step for step, _ in seen] == [2, 4]
    _, averaged = read_model(tmp_path / "checkpoint_4.pt")
    assert all(torch.equal(seen[-1][1][name], weight) for name, weight in averaged.items())
    with (tmp_path / "validation.csv").open(newline="") as lines:
        found = {(row["step"], row["name"]): float(row["value"]) for row in csv.DictReader(lines)}
    assert found["4", "quality"] == 2.0
    assert {"curves/rms", "curves/motion", "loss"} <= {name for _, name in found}
    pictures = sorted(file.name for file in (tmp_path / "validation").iterdir())
    assert pictures == ["step_00002.png", "step_00004.png"]


def test_pictures_change_nothing_in_the_training(tmp_path):
    for name, pictures in (("a", 0), ("b", 1)):
        train_model(
            small_set(), tmp_path / name, model_record(configs=SMALL),
            attrs.evolve(OPTIONS), device="cpu", pictures=pictures,
        )  # fmt: skip
    one, other = (read_model(tmp_path / name / "checkpoint_4.pt")[1] for name in "ab")
    assert all(torch.equal(other[name], weight) for name, weight in one.items())
