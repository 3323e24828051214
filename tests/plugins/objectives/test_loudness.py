"""Dip, bump and hole of known drops and rises."""

from __future__ import annotations

import pytest


def test_an_untouched_track_has_neither(moves, rate):
    for name in ("loudness-dip", "loudness-bump", "hole"):
        assert rate(name, moves()) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(("gain", "decibels"), [(0.5, 6.02), (0.25, 12.04)])
def test_a_dip_is_the_drop_of_the_fader(moves, rate, gain, decibels):
    dropped = moves(32).set("a/*/fader/gain", gain, 8, 24)
    assert rate("loudness-dip", dropped) == pytest.approx(decibels, abs=0.5)
    assert rate("loudness-bump", dropped) == pytest.approx(0.0, abs=0.05)


def test_two_equal_tracks_bump_by_three_decibels(moves, rate):
    both = moves(32).set("b/*/fader/gain", 1.0, 8, 24)
    assert rate("loudness-bump", both) == pytest.approx(3.0, abs=0.5)
    assert rate("loudness-dip", both) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("beats", [1, 2, 3])
def test_a_hole_lasts_as_long_as_the_silence(moves, rate, beats):
    silent = moves().set("a/*/fader/gain", 0.0, 6, 6 + beats)
    assert rate("hole", silent) == pytest.approx(0.5 * beats, abs=0.15)


def test_holding_the_end_down_is_a_dip_and_lowers_no_standard(moves, rate):
    # B is at half its level to the end of the window: the line must not follow it.
    quiet = moves(32).set("a/*/fader/gain", 0.0, 8, 32).set("b/*/fader/gain", 1.0, 8, 16)
    held = quiet.set("b/*/fader/gain", 0.5, 16, 32)
    assert rate("loudness-dip", held) == pytest.approx(6.02, abs=0.5)
    silent = held.set("b/*/fader/gain", 0.05, 16, 32)
    assert rate("hole", silent) == pytest.approx(2.0, abs=0.2)  # the longest that is told apart
