"""Ownership of the low end, in beats that can be counted."""

from __future__ import annotations

import pytest

from djtrans.metrics.bass_overlap import CLASH_DB, PRESENT_DB
from djtrans.plugins.objectives import low_end


def test_one_bass_is_no_fault(moves, rate):
    for name in ("bass-overlap", "bass-missing", "low-end-excess"):
        assert rate(name, moves()) == pytest.approx(0.0, abs=0.1)


def test_two_basses_are_counted_in_beats(moves, rate):
    both = moves().set("b/*/fader/gain", 1.0, 4, 10)
    assert rate("bass-overlap", both) == pytest.approx(6.0, abs=0.3)
    assert rate("low-end-excess", both) == pytest.approx(3.0, abs=1.0)
    swapped = both.set("b/*/eq/low", 0.0)
    assert rate("bass-overlap", swapped) == pytest.approx(0.0, abs=0.1)


def test_bass_that_nobody_plays_is_missing(moves, rate):
    killed = moves().set("a/*/eq/low", 0.0, 2, 7)
    assert rate("bass-missing", killed) == pytest.approx(5.0, abs=0.3)


def test_the_bass_of_b_may_be_withheld_before_the_swap(moves, rate):
    """A has no bass at all; B's counts only from the swap, beat 8, on."""
    silent_a = moves().set("b/*/fader/gain", 1.0).set("b/*/eq/low", 0.0, 0, 12)
    assert rate("bass-missing", silent_a, silent="a") == pytest.approx(4.0, abs=0.3)


def test_the_limits_are_those_of_the_metric():
    assert (low_end.PRESENT_DB, low_end.CLASH_DB) == (PRESENT_DB, CLASH_DB)
