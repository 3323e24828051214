"""Values for track A and track B."""

from __future__ import annotations

import pytest

from djtrans.core.transition.pair import Pair


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
