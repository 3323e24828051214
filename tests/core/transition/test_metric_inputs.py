"""Results that metrics share are computed once per transition."""

from __future__ import annotations

import attrs

from djtrans.testing import example_transition


def test_a_shared_result_is_computed_once_for_one_transition():
    calls = []

    def energy(inputs):
        calls.append(inputs)
        return float((inputs.mix**2).sum())

    def doubled(inputs):
        return 2 * inputs.shared(energy)

    first = example_transition()
    assert first.shared(doubled) == 2 * first.shared(energy) > 0
    assert calls == [first]
    louder = attrs.evolve(first, mix=2 * first.mix)
    assert louder.shared(energy) == 4 * first.shared(energy)
    assert len(calls) == 2


def test_none_is_a_result_too():
    calls = []
    inputs = example_transition()
    for _ in range(2):
        assert inputs.shared(calls.append) is None
    assert len(calls) == 1
