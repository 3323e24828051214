from __future__ import annotations

from itertools import combinations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.errors import InputError
from djtrans.metrics import Gate
from djtrans.pipeline.candidates import DISTINCT_CURVES, curve_distance, rank

pytestmark = pytest.mark.usefixtures("warm_cache")

FAST = {"separator": "spectral", "device": "cpu", "context": 1}


def test_candidates_are_distinct_and_ranked_by_their_gates(tracks):
    found = djtrans.generate_candidates(*tracks, 3, model=None, **FAST)
    assert 2 <= len(found) <= 3
    for one, other in combinations(found, 2):
        swaps = [abs(x - y) for x, y in zip(_swap_bars(one), _swap_bars(other), strict=True)]
        assert one.plan.technique != other.plan.technique or max(swaps) >= 8
    verdicts = [[gate.verdict for gate in made.gates()] for made in found]
    order = [
        (of.count("fail"), of.count("warn"), made.plan.cost)
        for of, made in zip(verdicts, found, strict=True)
    ]
    assert order == sorted(order)


def _swap_bars(made):
    return [side.swap_bar for side in made.plan.sides]


def test_further_seeds_of_a_model_fill_up_with_other_curves(tracks):
    plan = {"technique": "bass-swap", "bars": 8, "cue_a": 16.8, "cue_b": 0.0}
    found = djtrans.generate_candidates(*tracks, 2, **plan, steps=2, best_of=1, **FAST)
    assert {made.plan.technique for made in found} == {"djtrans/bass-swap"}
    assert len({made.provenance.render.seed for made in found}) == len(found)
    for one, other in combinations(found, 2):
        assert curve_distance(one.params, other.params) >= DISTINCT_CURVES


def test_rules_give_one_transition_of_one_plan(tracks):
    plan = {"technique": "bass-swap", "bars": 8, "cue_a": 16.8, "cue_b": 0.0}
    assert len(djtrans.generate_candidates(*tracks, 3, model=None, **plan, **FAST)) == 1


@attrs.frozen
class _Plan:
    cost: float


@attrs.frozen
class _Made:
    name: str
    plan: _Plan
    verdicts: tuple[str, ...]

    def gates(self):
        return tuple(Gate(verdict, verdict, "") for verdict in self.verdicts)


def test_failures_weigh_more_than_warnings_and_both_more_than_the_cost():
    made = [
        _Made("fails", _Plan(0.1), ("fail", "pass")),
        _Made("warns twice", _Plan(0.2), ("warn", "warn")),
        _Made("dear", _Plan(3.0), ("pass", "not measurable")),
        _Made("warns", _Plan(9.0), ("warn", "pass")),
        _Made("cheap", _Plan(2.0), ("pass", "pass")),
    ]
    assert [x.name for x in rank(made)] == ["cheap", "dear", "warns", "warns twice", "fails"]


def test_the_distance_is_that_of_the_moving_parameters():
    layout = djtrans.mixer_layout()
    values = torch.tensor(layout.neutral).repeat(8, 1)
    clock = (torch.arange(8).double() / 2, torch.arange(5).double())
    first = djtrans.TransitionParams(values.clone(), layout, *clock)
    moved = values.clone()
    moved[4:, layout.index("a/bass/fader/gain")] = 0.0
    second = djtrans.TransitionParams(moved, layout, *clock)
    assert curve_distance(first, first) == 0.0
    assert curve_distance(first, second) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (0, {}, "candidates = 0 is not allowed; give 1 to 9"),
        (10, {}, "candidates = 10 is not allowed"),
        (2, {"candidate": 2}, "Both candidates and candidate"),
        (2, {"vary": "x.json"}, "Both candidates and vary"),
    ],
)
def test_options_that_exclude_each_other_are_refused_before_the_work(count, options, message):
    with pytest.raises(InputError, match=message):
        djtrans.generate_candidates("missing.wav", "missing.wav", count, **options)
