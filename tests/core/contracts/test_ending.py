"""Endings that techniques declare, in beats."""

from __future__ import annotations

from itertools import pairwise

import pytest

from djtrans.core.contracts.ending import LoopRoll, SpeedChange
from djtrans.core.errors import ConfigError

ROLL = LoopRoll((1 / 6, 1 / 6, 1 / 12, 1 / 12, 1 / 24, 1 / 24, *4 * (1 / 48,)))


def beats(ending, swap, beat=1.0):
    return [(s.start, s.stop, s.position) for s in ending.segments(swap, beat)]


def test_four_bars_then_two_one_half_and_quarter_from_the_same_downbeat():
    found = beats(ROLL, 48.0)
    edges = [16.0, 24.0, 32.0, 36.0, 40.0, 42.0, 44.0, 45.0, 46.0, 47.0, 48.0]
    want = [(start, stop, 0.0) for start, stop in pairwise(edges)]
    assert [pytest.approx(x) for x in want] == found
    assert all(s.speed == s.end_speed == 1.0 for s in ROLL.segments(48.0))
    assert ROLL.plain_beats(48.0) == pytest.approx(16.0)


def test_a_roll_in_beats_of_three_quarters_keeps_the_swap():
    found = beats(ROLL, 48.0, 0.75)
    # 24 beats are played plainly, the last 12 of which are the loop.
    assert found[0] == pytest.approx((24.0, 30.0, 12.0))
    assert found[-1] == pytest.approx((47.25, 48.0, 12.0))
    assert ROLL.plain_beats(48.0, 0.75) == pytest.approx(24.0)


def test_a_brake_starts_where_it_is_and_ends_on_the_swap():
    brake = SpeedChange(beats=4.0, speed=1.0, end_speed=0.0)
    assert beats(brake, 16.0) == [(12.0, 16.0, 12.0)]
    assert beats(brake, 3.0) == [(0.0, 3.0, 0.0)]
    assert brake.plain_beats(16.0) == 16.0
    (segment,) = brake.segments(16.0)
    assert [segment.position_at(t) for t in (12, 13, 14, 15, 16)] == [12, 12.875, 13.5, 13.875, 14]
    twice = segment.mapped(lambda beat: beat / 2)
    assert (twice.start, twice.stop, twice.position_at(8.0)) == (6.0, 8.0, 7.0)


@pytest.mark.parametrize("lengths", [(), (0.0,), (0.5, 0.5), (0.4,)])
def test_a_roll_without_room_for_its_loop_is_refused(lengths):
    with pytest.raises(ConfigError, match=r"LoopRoll.lengths = .*: give fractions"):
        LoopRoll(lengths)


@pytest.mark.parametrize("change", [{"beats": 0.0}, {"speed": -20.0}, {"end_speed": 17.0}])
def test_a_change_out_of_range_is_refused(change):
    with pytest.raises(ConfigError, match="give beats above 0, and speeds of -16 to 16"):
        SpeedChange(**{"beats": 1.0, "speed": 1.0, "end_speed": 0.0, **change})
