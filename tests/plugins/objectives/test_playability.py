"""Controls, detours and exchanges of curves that can be counted."""

from __future__ import annotations

import pytest


def test_stems_that_move_alike_are_one_control(moves, rate):
    assert rate("controls", moves()) == 0.0
    one = rate("controls", moves().ramp("a/*/fader/gain", 1.0, 0.0))
    assert one == pytest.approx(1.0, abs=0.1)
    apart = moves().ramp("a/drums/fader/gain", 1.0, 0.0).ramp("a/bass/fader/gain", 0.0, 1.0)
    assert rate("controls", apart) > one + 1.0


def test_a_detour_is_the_way_there_and_back(moves, rate):
    assert rate("detours", moves().ramp("a/drums/fader/gain", 1.0, 0.0)) == pytest.approx(0.0)
    there_and_back = moves().set("a/drums/fader/gain", 0.4, 4, 8)
    assert rate("detours", there_and_back) == pytest.approx(1.2, abs=1e-4)


def test_the_low_end_changes_hands_on_phrase_boundaries(moves, rate):
    on_line = moves().set("a/*/eq/low", 0.0, 8)
    assert rate("off-phrase", on_line) == pytest.approx(0.0)
    off_line = moves().set("a/*/eq/low", 0.0, 5)
    assert rate("off-phrase", off_line) == pytest.approx(0.25, abs=0.01)
