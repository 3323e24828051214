"""Pairs of values."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TrackPlan, TransitionPlan


def test_a_pair_is_read_by_attribute_by_side_and_in_order():
    pair = Pair("x", "y")
    first, second = pair
    assert (first, second) == (pair.a, pair.b) == (pair["a"], pair["b"])
    assert list(pair.items()) == [("a", "x"), ("b", "y")]
    with pytest.raises(KeyError):
        pair["c"]


def test_map_applies_a_function_to_both_a_first():
    seen: list[int] = []

    def double(value: int) -> int:
        seen.append(value)
        return 2 * value

    assert Pair(1, 2).map(double) == Pair(2, 4)
    assert seen == [1, 2]


def test_a_plan_has_its_sides_as_a_pair_and_names_those_that_swap_on_a_phrase():
    side = TrackPlan(
        cue_seconds=0.0,
        cue_bar=0,
        swap_bar=1,
        cue_section="",
        swap_section="",
        swap_on_phrase=False,
        warp=((0.0, 0.0), (1.0, 1.0)),
        gain_db=0.0,
        bpm=120.0,
        key="8A",
    )
    plan = TransitionPlan(
        technique="djtrans/fade",
        bars=1,
        swap_beat=2,
        beat_times=(0.0, 0.5, 1.0, 1.5, 2.0),
        a=side,
        b=attrs.evolve(side, swap_on_phrase=True),
        key_distance=0,
    )
    assert plan.sides == Pair(plan.a, plan.b)
    assert plan.on_phrase == ("B",)
