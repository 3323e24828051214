"""Two voices, and cuts of sung lines, in beats and steps that can be counted."""

from __future__ import annotations

import pytest


def test_two_voices_are_counted_in_beats(moves, rate):
    both = moves().set("b/*/fader/gain", 1.0)
    assert rate("vocal-overlap", both) == pytest.approx(16.0, abs=1.0)
    both.set("b/vocals/fader/gain", 0.0)
    assert rate("vocal-overlap", both) == pytest.approx(0.0, abs=0.1)


def test_a_passing_moment_is_no_overlap(moves, rate):
    short = moves().set("b/*/fader/gain", 1.0, 5, 8)
    assert rate("vocal-overlap", short) == pytest.approx(0.0, abs=0.2)


def test_a_breath_of_one_beat_is_no_pause(moves, rate):
    both = moves().set("b/*/fader/gain", 1.0).set("b/vocals/fader/gain", 0.0, 6, 7)
    assert rate("vocal-overlap", both) == pytest.approx(16.0, abs=1.0)
    both.set("b/vocals/fader/gain", 0.0, 6, 10)  # the six beats after it hold one downbeat
    assert rate("vocal-overlap", both) == pytest.approx(6.0, abs=1.0)


def test_stems_that_are_not_isolated_are_not_rated(moves, rate):
    both = moves().set("b/*/fader/gain", 1.0)
    assert rate("vocal-overlap", both, isolated=False) == 0.0
    assert rate("vocal-cuts", both, isolated=False) == 0.0


def test_a_step_of_the_fader_cuts_a_line_and_a_slow_fade_does_not(moves, rate):
    step = moves().set("a/vocals/fader/gain", 0.0, 8)
    assert rate("vocal-cuts", step) == pytest.approx(1.0, abs=0.2)
    fade = moves().ramp("a/vocals/fader/gain", 1.0, 0.0, 4, 14).set("a/vocals/fader/gain", 0.0, 14)
    assert rate("vocal-cuts", fade) == pytest.approx(0.0, abs=0.1)
