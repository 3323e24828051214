"""Clicks of a grid: at the sample nearest to each beat, higher and louder on downbeats."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.track.beat_grid import BeatGrid
from djtrans.pipeline.click_track import render_clicks

RATE = 44100


def test_clicks_start_at_the_sample_of_each_beat():
    beats = np.array([-0.02, 0.5003, 1.013, 1.4999, 2.0, 2.6, 3.7])
    clicks = render_clicks(torch.zeros(2, 3 * RATE), RATE, BeatGrid(beats, 1, 120.0))[0]
    starts = [round(time * RATE) for time in beats[1:6]]
    for start in starts:
        assert clicks[start - 1] == 0.0
        assert clicks[start] == clicks[start : start + 2000].abs().max()
    # Nothing else sounds: 40 ms after each beat there is silence.
    silent = torch.ones(3 * RATE, dtype=torch.bool)
    for start in starts:
        silent[start : start + round(0.04 * RATE)] = False
    assert not clicks[silent].any()
    # Beat 1 is the downbeat, and so is beat 5.
    assert [round(float(clicks[start]), 6) for start in starts] == [0.5, 0.25, 0.25, 0.25, 0.5]


@pytest.mark.parametrize(("beat", "hertz"), [(0, 2000), (1, 1000)])
def test_downbeats_are_an_octave_higher(beat, hertz):
    grid = BeatGrid(np.array([0.0, 0.5, 1.0]), 0, 120.0)
    clicks = render_clicks(torch.zeros(1, RATE), RATE, grid)[0]
    spectrum = torch.fft.rfft(clicks[beat * RATE // 2 :][: RATE // 10]).abs()
    assert int(spectrum.argmax()) * 10 == pytest.approx(hertz, abs=20)


def test_the_track_is_lowered_so_that_nothing_clips():
    audio = torch.ones(2, RATE)
    mixed = render_clicks(audio, RATE, BeatGrid(np.arange(3) * 0.4, 0, 150.0))
    assert mixed.abs().max() <= 1.0
    assert mixed[0, -10] == 0.5
    assert torch.equal(audio, torch.ones(2, RATE)), "the track itself is unchanged"
