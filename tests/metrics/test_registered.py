"""All metrics of one transition, and how they move when it is made worse."""

from __future__ import annotations

import json
import re
from types import ModuleType, SimpleNamespace

import attrs
import numpy as np
import pytest
import torch

import djtrans.metrics
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.metric import MetricDeclaration, MetricValue
from djtrans.core.errors import ShapeError
from djtrans.core.registration.discovery import PluginWarning
from djtrans.metrics import MetricInputs, TrackFacts, Voices, measure, metric_values
from djtrans.metrics.registered import metric_versions
from djtrans.registry import Registry
from djtrans.testing import example_transition

RATE = 44100


def measured(mix, a, b, solo_a, solo_b, beat_times, **more):
    return measure(
        MetricInputs(
            mix=mix,
            a=a,
            b=b,
            solo_a=solo_a,
            solo_b=solo_b,
            sample_rate=RATE,
            beat_times=beat_times,
            **more,
        )
    )


@pytest.fixture(scope="module")
def swap(loop, without_lows, beat_times):
    """A bass swap of two loops in its parts: ``swap(late_ms, exchange_beats_late)``."""

    def build(late_ms: float = 0.0, a_leaves_late_beats: int = 0):
        solo_a, solo_b = loop("hard", seed=1), loop("short", late_ms=late_ms, seed=2)
        time = np.arange(solo_a.shape[-1]) / RATE
        a_full = time < beat_times[8 + a_leaves_late_beats] - 0.01
        b_full = time >= beat_times[8] - 0.01
        a = np.where(a_full, solo_a, without_lows(solo_a))
        b = np.where(b_full, solo_b, without_lows(solo_b))
        # Fade in and out over the first and the last two beats, and let the ends stand alone.
        a = a * np.clip((beat_times[14] - time) / 0.95, 0, 1)
        b = b * np.clip((time - beat_times[2]) / 0.95, 0, 1)
        return a + b, a, b, solo_a, solo_b

    return build


def test_a_clean_swap_and_two_spoilt_ones(swap, beat_times):
    clean = measured(*swap(), beat_times)
    late = measured(*swap(late_ms=25.0), beat_times)
    clash = measured(*swap(a_leaves_late_beats=3), beat_times)
    assert clean.beat_offset.p95_ms < 3.0
    assert late.beat_offset.mean_ms - clean.beat_offset.mean_ms == pytest.approx(25.0, abs=0.5)
    assert clean.bass_overlap.beats == 0
    assert clean.bass_overlap.beats_without_bass == 0
    assert clash.bass_overlap.beats == 3
    assert clash.level_profile.bump_lu > clean.level_profile.bump_lu
    assert clash.peaks.clipped_samples > clean.peaks.clipped_samples


def test_the_dictionary_is_json(swap, beat_times):
    parts = [torch.from_numpy(part).float() for part in swap()]
    found = measured(*parts, torch.from_numpy(beat_times))
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["bass_overlap"]["beats"] == 0
    assert plain["bass_overlap"]["owners"] == ["a"] * 8 + ["b"] * 8
    assert plain["beat_offset"]["windows"] == found.beat_offset.windows > 0
    assert plain["peaks"]["true_peak_db"] == pytest.approx(found.peaks.true_peak_db)


def test_what_cannot_be_measured_is_null(loop, beat_times):
    a = loop("hard")
    found = measured(a, a, 0 * a, a, 0 * a, beat_times)
    plain = found.to_dict()
    assert plain["beat_offset"]["mean_ms"] is None
    assert plain["beat_offset"]["reason"]
    assert plain["values"]["vocal_clash_beats"] is None
    assert {g["name"]: g["verdict"] for g in plain["gates"]}["one voice"] == "not measurable"


def test_every_value_has_a_name_a_unit_and_a_direction(swap, beat_times):
    found = measured(*swap(), beat_times)
    values = found.values()
    assert list(values) == [metric.name for metric in metric_values()]
    assert len(set(values)) == len(metric_values())
    assert found.units == {metric.name: metric.unit for metric in metric_values()}
    for metric in metric_values():
        assert metric.better in ("lower", "higher", "description")
        assert metric.summary.endswith(".")
        value = values[metric.name]
        assert value is None or np.isfinite(value)
    names = [gate.name for gate in found.gates]
    assert names == ["aligned", "one bass", "one voice", "level", "placement"]


def verdicts(found) -> dict[str, str]:
    return {gate.name: gate.verdict for gate in found.gates}


def test_each_fault_trips_its_own_gate(swap, beat_times):
    """A transition made worse on purpose, one fault at a time."""
    lines = {
        f"track_{side}": TrackFacts(phrase_lines=beat_times[[0, 8, 16]], key="8A") for side in "ab"
    }
    mix, a, b, solo_a, solo_b = (0.5 * part for part in swap())
    time = np.arange(mix.shape[-1]) / RATE
    voice = 0.1 * np.sin(2 * np.pi * 800 * time)[None]
    apart = Voices(
        a=voice * (time < beat_times[8]),
        b=voice * (time > beat_times[10]),
        solo_a=voice * (time < beat_times[8]),
        solo_b=voice * (time > beat_times[10]),
    )
    together = Voices(a=voice, b=voice, solo_a=voice, solo_b=voice)
    good = {**lines, "swap_beat": 8, "voices": apart}
    clean = measured(mix, a, b, solo_a, solo_b, beat_times, **good)
    assert verdicts(clean) == {
        "aligned": "pass",
        "one bass": "pass",
        "one voice": "pass",
        "level": "pass",
        "placement": "pass",
    }

    def with_fault(parts=(mix, a, b, solo_a, solo_b), **changed):
        return measured(*parts, beat_times, **{**good, **changed})

    late = with_fault([0.5 * part for part in swap(late_ms=25.0)])
    off_phrase = with_fault(swap_beat=12)
    off_bar = with_fault(swap_beat=9)
    two_basses = with_fault([0.5 * part for part in swap(a_leaves_late_beats=6)])
    two_voices = with_fault(voices=together)
    hole = np.where((time > beat_times[7]) & (time < beat_times[12]), 0.05, 1.0)
    dip = with_fault((mix * hole, a * hole, b * hole, solo_a, solo_b))
    loud = with_fault((4 * mix, 4 * a, 4 * b, 4 * solo_a, 4 * solo_b))
    rest = (0.0, float(beat_times[-1]) + 100.0)
    unplayed = with_fault(track_a=attrs.evolve(lines["track_a"], music=rest))
    for found, gate, verdict in (
        (unplayed, "placement", "fail"),
        (late, "aligned", "fail"),
        (off_phrase, "aligned", "fail"),
        (off_bar, "aligned", "fail"),
        (two_basses, "one bass", "fail"),
        (two_voices, "one voice", "fail"),
        (dip, "level", "fail"),
        (loud, "level", "fail"),
    ):
        assert verdicts(found)[gate] == verdict, (gate, found.gates)
        others = {name: v for name, v in verdicts(found).items() if name != gate}
        # Another swap may leave too few bars after it to compare.
        assert set(others.values()) <= {"pass", "warn", "not measurable"} or found is dip


def test_a_hard_cut_is_perfect_and_says_that_it_overlaps_nowhere(swap, beat_times):
    *_, solo_a, solo_b = swap()
    before = np.arange(solo_a.shape[-1]) / RATE < beat_times[8]
    a, b = np.where(before, solo_a, 0.0), np.where(before, 0.0, solo_b)
    values = measured(a + b, a, b, solo_a, solo_b, beat_times).values()
    assert values["bass_overlap_beats"] == 0
    assert values["masking_fraction"] == 0
    assert values["both_audible_beats"] <= 1
    assert measured(*swap(), beat_times).values()["both_audible_beats"] > 8


def test_beats_that_are_not_matched_have_no_offset():
    inputs = example_transition()
    assert measure(inputs).beat_offset.windows > 0
    found = measure(attrs.evolve(inputs, beat_matched=False))
    assert found.beat_offset.windows == 0
    assert "not matched one by one" in found.beat_offset.reason
    aligned = found.gates[0]
    assert aligned.name == "aligned"
    assert "not matched one by one" in aligned.why


def test_inputs_that_do_not_fit_are_refused(loop, beat_times):
    a = loop("hard")
    with pytest.raises(ShapeError, match="solo_b"):
        measured(a, a, a, a, a[:, :-5], beat_times)
    with pytest.raises(ShapeError, match="lengths"):
        measured(a, a, a, a, a, beat_times, voices=Voices(a=a[:, :-5], b=a, solo_a=a, solo_b=a))


# -- metrics of plugins --------------------------------------------------------------------------


def registry_with(factory, *names, namespace="lab", version=1):
    """The built-in metrics and one of a plugin."""
    registry = Registry(discover=False, environ={})
    register(registry, factory, *names, namespace=namespace, version=version)
    return registry


def register(registry, factory, *names, namespace="lab", version=1):
    declaration = MetricDeclaration(
        name="test",
        summary="A test.",
        factory=factory,
        version=version,
        values=[
            MetricValue(name=name, unit="dB", better="higher", summary="A test.") for name in names
        ],
    )
    plugin = ModuleType("inline")
    plugin.djtrans_metrics = hookimpl(lambda: [declaration])
    registry.register(plugin, namespace)


def metric(measure):
    """A factory of a metric that is one function."""
    return lambda config: SimpleNamespace(measure=measure)


@pytest.fixture(scope="module")
def example():
    """A transition, and what the built-in metrics measure of it."""
    inputs = example_transition()
    return inputs, measure(inputs)


def test_a_metric_of_a_plugin_is_measured_under_its_namespace(example):
    registry = registry_with(
        metric(lambda inputs: {"level_db": np.float32(-6.0), "clicks": np.int64(inputs.beats)}),
        "level_db",
        "clicks",
    )
    inputs, own = example
    found = measure(inputs, registry)
    assert found.values() == {**own.values(), "lab/level_db": -6.0, "lab/clicks": 8}
    assert found.units["lab/level_db"] == "dB"
    assert found.failures == {}
    assert found.gates == own.gates
    assert json.loads(json.dumps(found.to_dict()))["values"]["lab/clicks"] == 8
    assert [value.name for value in metric_values(registry)] == list(found.values())
    assert len(found.values()) == len(metric_values()) + 2


def raises(inputs):
    raise ZeroDivisionError("no such level")


def leaves(inputs):
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        (raises, "ZeroDivisionError: no such level"),
        (leaves, "SystemExit: 3"),
        (lambda inputs: None, "TypeError"),
        (lambda inputs: {}, "does not give 'level_db'"),
        (lambda inputs: {"level_db": float("nan")}, "gives level_db = nan; allowed are finite"),
        (lambda inputs: {"level_db": float("-inf")}, "gives level_db = -inf"),
        (lambda inputs: {"level_db": "loud"}, "gives level_db = 'loud'"),
        (lambda inputs: {"level_db": None, "other": 1.0}, "gives 'other', which it does not decl"),
    ],
)
def test_a_metric_that_fails_is_not_measured_and_named_once(measured, reason, example):
    registry = registry_with(metric(measured), "level_db")
    inputs, builtin = example
    with pytest.warns(PluginWarning, match=re.escape(reason)) as warned:
        found = [measure(inputs, registry) for _ in range(2)]
    assert len(warned) == 1
    assert "lab/test" in str(warned[0].message)
    own = builtin.values()
    assert len(own) == len(found[0].values()) - 1
    for one in found:
        assert one.values() == {**own, "lab/level_db": None}
        assert reason in one.failures["lab/test"]
        json.dumps(one.to_dict(), allow_nan=False)


class Unhashable:
    """A factory that is an object with equality, as those of attrs are."""

    __hash__ = None

    def __call__(self, config):
        return SimpleNamespace(measure=raises)


def test_a_factory_need_not_be_hashable():
    registry = registry_with(Unhashable(), "level_db")
    with pytest.warns(PluginWarning, match="no such level") as warned:
        found = [measure(example_transition(), registry) for _ in range(2)]
    assert [one.values()["lab/level_db"] for one in found] == [None, None]
    assert len(warned) == 1


def test_what_a_failing_metric_could_measure_is_kept():
    registry = registry_with(
        metric(lambda inputs: {"level_db": -6.0, "peak_db": np.inf}), "level_db", "peak_db"
    )
    with pytest.warns(PluginWarning, match="peak_db = inf"):
        values = measure(example_transition(), registry).values()
    assert (values["lab/level_db"], values["lab/peak_db"]) == (-6.0, None)


def test_a_factory_that_cannot_be_imported_is_a_failure_of_the_metric():
    registry = registry_with("nowhere.at.all:Metric", "level_db")
    with pytest.warns(PluginWarning, match="nowhere"):
        assert measure(example_transition(), registry).values()["lab/level_db"] is None


def test_a_fault_of_a_builtin_metric_is_an_error():
    registry = Registry(discover=False, environ={})
    broken = attrs.evolve(registry.metrics.find("peaks").declaration, factory=metric(raises))
    with registry.metrics.override("peaks", broken), pytest.raises(ZeroDivisionError):
        measure(example_transition(), registry)


def test_a_metric_is_built_once_for_many_transitions():
    built = []

    def factory(config):
        built.append(config)
        return SimpleNamespace(measure=lambda inputs: {"level_db": 0.0})

    registry = registry_with(factory, "level_db")
    for _ in range(3):
        measure(example_transition(), registry)
    assert len(built) == 1


def test_stored_measurements_are_identified_by_values_and_versions():
    """Those of the built-in metrics are as they were when METRICS was a tuple."""
    own = metric_versions(Registry(discover=False, environ={}))
    assert own == tuple(value.name for value in metric_values(Registry(discover=False, environ={})))
    factory = metric(lambda inputs: {"level_db": 0.0})
    first = metric_versions(registry_with(factory, "level_db"))
    second = metric_versions(registry_with(factory, "level_db", version=2))
    assert first == (*own, "lab/level_db")
    assert second == (*first, "lab/test version 2")
    registry = registry_with(factory, "level_db", namespace="b")
    register(registry, factory, "level_db", namespace="a")
    assert metric_versions(registry) == (*own, "a/level_db", "b/level_db")


def test_the_old_tuple_is_there_with_a_warning():
    with pytest.warns(DeprecationWarning, match="metric_values"):
        old = djtrans.metrics.METRICS
    assert old == metric_values()
    with pytest.raises(AttributeError, match="METRIX"):
        _ = djtrans.metrics.METRIX
