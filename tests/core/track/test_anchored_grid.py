"""Grids from anchors, compared with beats that are written down."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.anchored_grid import (
    anchors_of_beats,
    grid_from_anchors,
    halved,
    in_octave,
)
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.corrections import GridAnchor

#: What the analyzer found: 120 BPM, the first downbeat at 0.7 s.
BASE = BeatGrid(0.2 + np.arange(200) * 0.5, first_downbeat=1, bpm=120.0, downbeat_confidence=0.4)


def lay_out(*anchors, seconds=60.0, base=BASE, bpm=None):
    return grid_from_anchors(anchors, seconds, base, bpm)


def test_one_anchor_extends_to_both_ends():
    grid = lay_out(GridAnchor(10.0, bpm=100.0, beat=0)).grid
    # 10 s is 16 2/3 beats of 0.6 s after the start: beats from 0.4 s to 59.8 s.
    assert grid.beat_times == pytest.approx(0.4 + 0.6 * np.arange(100))
    assert (16 - grid.first_downbeat) % 4 == 0
    assert grid.constant
    assert grid.bpm == 100.0
    assert grid.confidence == grid.downbeat_confidence == 1.0


@pytest.mark.parametrize("beat", [0, 1, 2, 3])
def test_the_position_in_the_bar_sets_the_downbeats(beat):
    grid = lay_out(GridAnchor(10.0, bpm=120.0, beat=beat)).grid
    anchored = int(np.argmin(abs(grid.beat_times - 10.0)))
    assert grid.beat_times[anchored] == 10.0
    assert (anchored - grid.first_downbeat) % 4 == beat


def test_an_anchor_without_a_tempo_moves_the_beats():
    grid = lay_out(GridAnchor(10.15)).grid
    assert grid.beat_times == pytest.approx(0.15 + 0.5 * np.arange(len(grid.beat_times)))
    assert grid.bpm == 120.0
    # Downbeats stay the nearest to those before: 0.65 s for 0.7 s.
    assert grid.downbeat_times[0] == pytest.approx(0.65)
    assert grid.downbeat_confidence == 0.4


def test_an_anchor_without_a_tempo_keeps_a_drift():
    beats = np.cumsum(0.5 + 0.02 * np.sin(np.arange(200) / 9.0))
    drifting = BeatGrid(beats, 0, 120.0, constant=False)
    grid = lay_out(GridAnchor(float(beats[40]) + 0.1), base=drifting).grid
    assert not grid.constant
    index = int(np.argmin(abs(grid.beat_times - beats[40] - 0.1)))
    assert np.diff(grid.beat_times)[index - 30 : index + 30] == pytest.approx(np.diff(beats)[10:70])


def test_two_tempos_meet_at_an_anchor():
    laid = lay_out(GridAnchor(0.0, 120.0, 0), GridAnchor(16.0, 100.0, 0))
    assert laid.uneven == ()
    assert laid.grid.beat_times[:33] == pytest.approx(0.5 * np.arange(33))
    assert laid.grid.beat_times[32:] == pytest.approx(16 + 0.6 * np.arange(74))
    assert not laid.grid.constant


def test_a_jump_is_spread_over_the_bar_before_it():
    # A sixteenth more than 8 bars of 2 s; bars restart at the anchor.
    laid = lay_out(GridAnchor(0.0, 120.0, 0), GridAnchor(16.125, 120.0, 0))
    assert laid.uneven == ((pytest.approx(14.0), pytest.approx(4.25)),)
    expected = [*(0.5 * np.arange(28)), *(14 + 2.125 / 4 * np.arange(4))]
    assert laid.grid.beat_times[:32] == pytest.approx(expected)
    assert laid.grid.beat_times[32] == 16.125
    assert laid.grid.time_of_bar(8) == 16.125


def test_an_odd_bar_keeps_the_downbeats_after_it():
    # A bar of two beats between the eighth bar and the anchor.
    laid = lay_out(GridAnchor(0.0, 120.0, 0), GridAnchor(17.0, 120.0, 0))
    assert len(laid.uneven) == 1
    downbeats = laid.grid.downbeat_times
    assert downbeats[downbeats >= 16.9] == pytest.approx(np.arange(17.0, 60.1, 2.0))
    assert downbeats[downbeats <= 12.1] == pytest.approx(np.arange(0.0, 12.1, 2.0))


def test_unknown_positions_count_on():
    # 101 beats between the anchors: the second one is not a downbeat.
    laid = lay_out(GridAnchor(0.0, 120.0, 0), GridAnchor(50.5, 120.0), seconds=100.0)
    assert laid.uneven == ()
    assert laid.grid.beat_times == pytest.approx(0.5 * np.arange(201))
    assert laid.grid.downbeat_times == pytest.approx(np.arange(0.0, 100.1, 2.0))


def test_rounded_tempos_do_not_jump():
    # A program states 128.00 for 128.004, and times in milliseconds.
    period = 60 / 128.004
    anchors = [GridAnchor(round(32 * n * period, 3), 128.0, 0) for n in range(4)]
    laid = lay_out(*anchors)
    assert laid.uneven == ()
    expected = period * np.arange(len(laid.grid.beat_times))
    assert abs(laid.grid.beat_times - expected)[:96].max() < 0.001


def test_anchors_may_lie_outside_the_track():
    grid = lay_out(GridAnchor(-2.0, 120.0, 0), GridAnchor(70.0, 120.0, 0)).grid
    assert grid.beat_times == pytest.approx(0.5 * np.arange(121))
    assert grid.first_downbeat == 0


def test_anchors_closer_than_a_beat_still_give_increasing_beats():
    grid = lay_out(
        GridAnchor(10.0, 120.0, 0), GridAnchor(10.1, 120.0, 3), GridAnchor(10.4, 120.0, 1)
    ).grid
    assert np.diff(grid.beat_times) == pytest.approx(0.5)
    assert (int(np.argmin(abs(grid.beat_times - 10.4))) - grid.first_downbeat) % 4 == 1


def test_a_bar_of_one_beat_is_part_of_the_bar_before_it():
    # Downbeats every 2 s up to 18 s, and from 18.5 s on.
    anchors = [GridAnchor(time, 120.0, 0) for time in (0.0, 18.0, 18.5)]
    laid = lay_out(*anchors)
    downbeats = laid.grid.downbeat_times
    assert downbeats[downbeats > 18.1] == pytest.approx(np.arange(18.5, 60.1, 2.0))
    assert downbeats[downbeats < 16.1] == pytest.approx(np.arange(0.0, 16.1, 2.0))
    assert laid.uneven == ((pytest.approx(16.0), pytest.approx(5.0)),)


@pytest.mark.parametrize("anchor", [GridAnchor(1.0, 20.0, 0), GridAnchor(500.0, 120.0, 0)])
def test_too_few_bars_are_refused(anchor):
    with pytest.raises(InputError, match="at least 4 are needed"):
        lay_out(anchor, seconds=30.0 if anchor.seconds == 1.0 else 5.0)


def test_halving_keeps_downbeats():
    for first in range(4):
        grid = BeatGrid(np.arange(65) * 0.5, first, 120.0)
        slow = halved(grid)
        assert slow.bpm == 60.0
        assert set(slow.downbeat_times) <= set(grid.downbeat_times)
        assert np.diff(slow.beat_times) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("wanted", "expected"), [(120, 120), (61, 60), (31, 30), (170, 240), (169, 120), (480, 480)]
)
def test_the_octave_is_the_nearest(wanted, expected):
    assert in_octave(BASE, wanted).bpm == expected


def test_beats_are_described_by_few_anchors():
    beats = np.cumsum([0.0, *[0.5] * 100, *[0.4] * 50, *[1.0] * 8])
    found = anchors_of_beats(beats)
    assert [a.seconds for a in found] == pytest.approx([0.0, 50.0, 70.0])
    assert [a.bpm for a in found] == pytest.approx([120.0, 150.0, 60.0])
    # Beats in whole frames are still one tempo.
    frames = np.round(np.arange(300) * 0.46875 * 44100) / 44100
    assert len(anchors_of_beats(frames)) == 1
    again = grid_from_anchors(found, 78.0, BASE).grid
    assert again.beat_times == pytest.approx(beats, abs=0.002)
