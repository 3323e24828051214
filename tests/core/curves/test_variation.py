"""Variation: seed 0 gives the plain form, other seeds stay in range."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.curves.variation import Variation
from djtrans.core.errors import InputError

SEEDS = st.integers(1, 2**32 - 1)


def test_seed_0_is_plain_whatever_is_asked():
    plain = Variation(0)
    assert plain.amount(0.9, 0.5) == 0.9
    assert plain.choice("x", "y", "z") == "x"
    assert plain.beat(7, 0, 32, step=4, preferred=(8.0, 16.0)) == 7.0


@given(SEEDS, st.floats(0, 1), st.floats(0, 1))
def test_an_amount_stays_near_and_inside(seed, plain, spread):
    value = Variation(seed).amount(plain, spread)
    assert max(0.0, plain - spread) - 1e-12 <= value <= min(1.0, plain + spread) + 1e-12


@given(SEEDS, st.integers(0, 32), st.integers(0, 32))
def test_a_beat_is_a_downbeat_between_the_limits_or_the_plain_one(seed, low, high):
    beat = Variation(seed).beat(5.0, low, high, step=4)
    downbeats = [b for b in range(0, 33, 4) if low <= b <= high]
    assert beat in (downbeats or [5.0])


@given(SEEDS)
def test_phrase_lines_are_taken_before_other_downbeats(seed):
    assert Variation(seed).beat(8, 4, 28, step=4, preferred=(0.0, 12.0, 28.0, 44.0)) in (12.0, 28.0)


def test_the_same_seed_gives_the_same_and_others_something_else():
    def answers(seed):
        vary = Variation(seed)
        return vary.amount(0.5, 0.5), vary.beat(8, 0, 64, step=4), vary.choice(*"abcdef")

    assert answers(5) == answers(5)
    assert len({answers(seed) for seed in range(20)}) == 20
    assert {Variation(seed).choice(*"abc") for seed in range(1, 40)} == set("abc")


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="seed = -1 is not allowed"):
        Variation(-1)
