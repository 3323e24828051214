"""Choice of the looped bars, and the times after a loop."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.errors import PlanError
from djtrans.planning.looping import find_loop


def test_the_last_eight_bars_without_a_voice(analysis):
    loop = find_loop(analysis(), 8)
    assert (loop.start_bar, loop.bars, loop.repeats) == (56, 8, 1)
    assert (loop.start_seconds, loop.stop_seconds) == (112.0, 128.0)
    assert find_loop(analysis(), 9).repeats == 2
    assert find_loop(analysis(vocal=((54, 64),)), 8).start_bar == 44
    assert find_loop(analysis(vocal=((0, 52), (56, 64))), 4).bars == 4


def test_a_fade_out_is_not_looped(analysis):
    levels = np.zeros(64)
    levels[50:] = -20.0
    assert find_loop(attrs.evolve(analysis(), bar_level_db=levels), 8).start_bar == 40


def test_a_track_that_ends_a_little_early_keeps_its_beat(analysis):
    track = analysis()
    early = attrs.evolve(track, duration_seconds=127.99)
    loop = find_loop(early, 8)
    assert loop.stop_seconds < 127.99
    assert loop.stop_seconds - loop.start_seconds == pytest.approx(16.0)


def test_where_all_is_sung_there_is_none(analysis):
    with pytest.raises(PlanError, match="without vocals that could be looped"):
        find_loop(analysis(vocal=((0, 64),)), 8)


def test_a_technique_that_is_asked_for_loops_a_where_a_is_too_short(analysis, plan, technique):
    blend = technique()
    short = analysis(sections=(("intro", 8), ("drop", 4)))
    made = plan(short, analysis(), blend, looped=True, bars=16)
    assert (made.bars, made.a.swap_bar) == (16, 12)
    assert (made.a.loop.start_bar, made.a.loop.bars) == (4, 8)
    assert "the swap lies where A's loop repeats" in made.reasons


def test_a_loop_may_begin_with_the_track(analysis):
    loop = find_loop(analysis(sections=(("drop", 8),)), 8)
    assert (loop.start_bar, loop.start_seconds, loop.stop_seconds) == (0, 0.0, 16.0)
