"""A valid metric passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
import torch

from djtrans.core.contracts.metric import MetricDeclaration, MetricValue
from djtrans.testing import check_metric, example_transition, rules


class Rms:
    """Level of the mix, and its highest sample."""

    def __init__(self, config=None):
        pass

    def measure(self, inputs):
        power = float((inputs.mix**2).mean())
        return {
            "level_dbfs": 10 * math.log10(power) if power > 0 else None,
            "peak": float(np.abs(inputs.mix).max()),
        }


LEVEL = MetricValue(name="level_dbfs", unit="dBFS", better="description", summary="Of the mix.")
PEAK = MetricValue(name="peak", unit="1", better="lower", summary="Highest sample.")
RMS = MetricDeclaration(name="rms", summary="Levels.", factory=Rms, values=(LEVEL, PEAK))


class More(Rms):
    def measure(self, inputs):
        return {**super().measure(inputs), "crest_db": 1.0}


class FewerForSilence(Rms):
    def measure(self, inputs):
        values = super().measure(inputs)
        return {name: value for name, value in values.items() if value is not None}


class Infinite(Rms):
    def measure(self, inputs):
        values = super().measure(inputs)
        return values if values["level_dbfs"] else {**values, "level_dbfs": -math.inf}


class Text(Rms):
    def measure(self, inputs):
        return {**super().measure(inputs), "peak": "high"}


class NeedsSound(Rms):
    def measure(self, inputs):
        power = float((inputs.mix**2).mean())
        return {**super().measure(inputs), "level_dbfs": 10 * math.log10(power)}


class NeedsStereo(Rms):
    def measure(self, inputs):
        _, right = inputs.mix
        return {**super().measure(inputs), "peak": float(np.abs(right).max())}


class NeedsBars(Rms):
    def measure(self, inputs):
        length = inputs.beat_times[4] - inputs.beat_times[0]
        return {**super().measure(inputs), "peak": float(length)}


class NeedsCurves(Rms):
    def measure(self, inputs):
        return {**super().measure(inputs), "peak": float(inputs.curves.max())}


class Nothing(Rms):
    def measure(self, inputs):
        return {"level_dbfs": None, "peak": None}


class TorchRandom(Rms):
    def measure(self, inputs):
        return {**super().measure(inputs), "peak": float(torch.rand(()))}


class NumpyRandom(Rms):
    def measure(self, inputs):
        return {**super().measure(inputs), "peak": float(np.random.rand())}  # noqa: NPY002


class RunningPeak(Rms):
    """Normalizes to the lowest peak of all transitions so far."""

    lowest = math.inf

    def measure(self, inputs):
        values = super().measure(inputs)
        self.lowest = min(self.lowest, values["peak"])
        return {**values, "peak": values["peak"] / self.lowest}


class InPlace(Rms):
    def measure(self, inputs):
        inputs.mix[:] /= 2
        return super().measure(inputs)


class InPlaceFacts(Rms):
    def measure(self, inputs):
        if len(inputs.track_a.phrase_lines):
            inputs.track_a.phrase_lines[:] -= inputs.beat_times[0]
        return super().measure(inputs)


class InPlaceVocals(Rms):
    def measure(self, inputs):
        if inputs.voices.b is not None:
            inputs.voices.b[:] = 0
        return super().measure(inputs)


def with_level(**changes):
    return {"values": (attrs.evolve(LEVEL, **changes), PEAK)}


#: Rule, changes to the declaration, and what the message must say.
MUTANTS = [
    ("values_are_those_declared", {"factory": More}, "for the example it gives ['crest_db'"),
    ("values_are_those_declared", {"factory": FewerForSilence}, "for silence it gives ['peak']"),
    ("values_are_finite_or_none", {"factory": Infinite}, "for silence level_dbfs is -inf"),
    ("values_are_finite_or_none", {"factory": Text}, "for the example peak is 'high'"),
    ("every_transition_is_measured", {"factory": NeedsSound}, "silence raises ValueError"),
    ("every_transition_is_measured", {"factory": NeedsStereo}, "mono raises ValueError"),
    ("every_transition_is_measured", {"factory": NeedsBars}, "one beat without a margin raises"),
    ("every_transition_is_measured", {"factory": NeedsCurves}, "two unknown tracks raises"),
    ("something_is_measured", {"factory": Nothing}, "every value is None"),
    ("measuring_repeats", {"factory": TorchRandom}, "in another build"),
    ("measuring_repeats", {"factory": NumpyRandom}, "in another build"),
    ("measuring_repeats", {"factory": RunningPeak}, "after another transition"),
    ("inputs_are_untouched", {"factory": InPlace}, "mix was modified"),
    ("inputs_are_untouched", {"factory": InPlaceFacts}, "track_a.phrase_lines was modified"),
    ("inputs_are_untouched", {"factory": InPlaceVocals}, "voices.b was modified"),
    ("names_end_in_the_unit", with_level(unit="dB"), "its name must end in _db."),
    ("names_end_in_the_unit", with_level(name="dbfs"), "its name must end in _dbfs."),
    ("values_are_explained", with_level(unit=" "), "level_dbfs has no unit"),
    ("values_are_explained", with_level(summary=""), "the summary of level_dbfs is ''"),
]


def test_a_sound_metric_keeps_every_rule():
    report = check_metric(RMS)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("metric")}


@pytest.mark.parametrize(("rule", "changes", "reason"), MUTANTS)
def test_a_mutant_is_caught(rule, changes, reason, caught):
    caught(rule, attrs.evolve(RMS, **changes), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("metric")}


def test_the_global_random_state_is_left_as_it_was(check):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    check("measuring_repeats", RMS)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_example_is_what_it_says():
    inputs = example_transition(4, margin_beats=2, channels=1)
    rate, beats = inputs.sample_rate, inputs.beat_times
    assert beats == pytest.approx([1.0, 1.5, 2.0, 2.5, 3.0])
    assert inputs.mix.shape == (1, 4 * rate)
    assert inputs.mix == pytest.approx(inputs.a + inputs.b)
    before, after = round(beats[0] * rate), round(beats[-1] * rate)
    assert np.array_equal(inputs.a[:, :before], inputs.solo_a[:, :before])
    assert not inputs.b[:, :before].any()
    assert np.array_equal(inputs.b[:, after:], inputs.solo_b[:, after:])
    assert not inputs.a[:, after:].any()
    assert not example_transition(silent="ab").mix.any()
    assert example_transition(bare=True).curves is None
