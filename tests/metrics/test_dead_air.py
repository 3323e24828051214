"""Gaps of known length in noise."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.dead_air import dead_air_ms

RATE = 22050


def noise(*silences, gain_db=-80.0, seconds=20):
    audio = 0.1 * np.random.default_rng(0).standard_normal((2, seconds * RATE))
    for start, stop in silences:
        audio[:, round(start * RATE) : round(stop * RATE)] *= 10 ** (gain_db / 20)
    return audio


@pytest.mark.parametrize("length", [0.3, 1.0, 3.8])
def test_a_gap_is_as_long_as_it_is(length):
    # Windows of 0.1 s that touch the sound at either edge are loud.
    assert dead_air_ms(noise((8, 8 + length)), RATE) == pytest.approx(1000 * length, abs=25)


def test_the_longest_gap_counts_wherever_it_is():
    assert dead_air_ms(noise((2, 2.5), (15, 17)), RATE) == pytest.approx(2000, abs=25)


@pytest.mark.parametrize(("gain_db", "dead"), [(-20.0, False), (-30.0, True)])
def test_a_quiet_break_is_no_dead_air(gain_db, dead):
    found = dead_air_ms(noise((8, 12), gain_db=gain_db), RATE)
    assert (found > 3500) is dead


def test_silence_before_the_first_and_after_the_last_sound_does_not_count():
    assert dead_air_ms(noise((0, 5), (16, 20), gain_db=-200.0), RATE) == 0.0
    assert dead_air_ms(np.zeros((1, RATE)), RATE) == 0.0
    assert dead_air_ms(noise(), RATE) == 0.0
