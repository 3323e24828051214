"""Ratings of sampled curves: those of the objectives, beside those of the rules."""

from __future__ import annotations

import csv

import pytest

import djtrans
from djtrans.core.curves.params import conform
from djtrans.datasets.synthetic.composition import request_of
from djtrans.datasets.synthetic.power_features import mix_sources
from djtrans.objectives import load_objectives
from djtrans.training.mix_monitor import MixMonitor
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set

NAMES = ("djtrans/fade", "djtrans/bass-swap")
SMALL = {"dit": {"width": 8, "depth": 1, "heads": 1}}
OPTIONS = TrainOptions(steps=2, batch_size=2, validate_every=2, validation_batches=1)


@pytest.fixture(scope="module")
def mixer():
    return djtrans.DifferentiableDJMixer()


@pytest.fixture(scope="module")
def techniques():
    return {name: djtrans.load_technique(name) for name in NAMES}


class Rules:
    """Stand in for a model: curves of the techniques, with all faders scaled."""

    def __init__(self, mixer, techniques, gain):
        self.layout, self.techniques, self.gain = mixer.layout, techniques, gain

    def generate(self, request):
        values = self.techniques[request.technique].generate(request)
        values[:, self.layout.select("*/*/fader/gain")] *= self.gain
        return values


def test_the_rules_are_as_good_as_themselves_and_half_as_loud_is_worse(mixer, techniques):
    def rated(gain):
        model = Rules(mixer, techniques, gain)
        monitor = MixMonitor.of(
            model, small_set(powers=True), techniques, mixer, load_objectives(), count=4
        )
        return monitor(100)

    same = rated(1.0)
    assert same["mix/cost"] == pytest.approx(same["rules/cost"], rel=1e-5)
    quiet = rated(0.5)
    assert quiet["rules/cost"] == pytest.approx(same["rules/cost"], rel=1e-5)
    assert quiet["mix/loudness-dip"] > same["mix/loudness-dip"] + 0.5


def test_values_are_means_over_the_chosen_transitions(mixer, techniques):
    data, objectives = small_set(powers=True), load_objectives()
    model = Rules(mixer, techniques, 1.0)
    found = MixMonitor.of(model, data, techniques, mixer, objectives, count=2)(1)
    costs = []
    for composition in data.validation[:2]:
        request = request_of(composition, data.tracks, mixer.layout, 1)
        values = conform(techniques[composition.technique].generate(request), mixer.layout)
        predicted = mix_sources(composition, request).model(mixer).predict(values)
        costs.append(float(objectives.evaluate(predicted).total))
    assert found["mix/cost"] == pytest.approx(sum(costs) / 2, rel=1e-5)


def test_a_run_logs_the_ratings_and_the_loss_on_the_mix(tmp_path):
    options = TrainOptions(
        steps=2, batch_size=2, validate_every=2, validation_batches=1, mix_weight=0.01, mix_rows=1
    )
    data = small_set(powers=True)
    train_model(data, tmp_path, model_record(configs=SMALL), options, device="cpu", rated=2)
    with (tmp_path / "validation.csv").open(encoding="utf-8") as stream:
        names = {row["name"] for row in csv.DictReader(stream)}
    assert {"mix/cost", "rules/cost", "mix/masking", "rules/loudness-dip"} <= names
    with (tmp_path / "metrics.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert all(float(row["mix"]) > 0.0 for row in rows)
    total = float(rows[0]["prediction"]) + 0.1 * float(rows[0]["smoothness"])
    assert float(rows[0]["loss"]) == pytest.approx(total + 0.01 * float(rows[0]["mix"]), rel=1e-4)


def test_a_set_without_powers_is_not_rated(tmp_path):
    train_model(small_set(), tmp_path, model_record(configs=SMALL), OPTIONS, device="cpu", rated=2)
    assert "mix/cost" not in (tmp_path / "validation.csv").read_text(encoding="utf-8")
