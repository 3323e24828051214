"""Discontinuities that were put in, and sounds that are none."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.clicks import clicks

RATE = 44100
TIME = np.arange(4 * RATE) / RATE


def music(seed: int = 0) -> np.ndarray:
    """Kicks, hats and a chord: transients of every kind, none of them a click."""
    rng = np.random.default_rng(seed)
    out = sum(0.08 * np.sin(2 * np.pi * hz * TIME) for hz in (220, 277, 330, 660))
    t = np.arange(9000) / RATE
    # Everything begins and ends smoothly: a sound cut off would be a click, and rightly found.
    window = np.minimum(1, 0.5 - 0.5 * np.cos(np.pi * np.minimum(1, t / 0.002)))
    window *= np.minimum(1, (t[-1] - t) / 0.05)
    for start in range(RATE // 8, len(TIME) - 9000, RATE // 4):
        kick = np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.1)
        hat = 0.1 * rng.standard_normal(len(t)) * np.exp(-t / 0.03)
        out[start : start + len(t)] += window * (0.5 * kick + hat)
    return out[None]


def test_music_has_none_even_as_new_sound():
    a = music()
    assert clicks(a, a, 0 * a, RATE) == ()
    assert clicks(a, 0 * a, 0 * a, RATE) == ()


@pytest.mark.parametrize("ramp_ms", [15.0, 20.0])
def test_a_short_fade_is_no_click(ramp_ms):
    a = music()
    gain = np.clip((2.1 - TIME) / (ramp_ms / 1000), 0, 1)
    assert clicks(a * gain, a, 0 * a, RATE) == ()


def quiet(event: int) -> int:
    """A sample between the drums, at the top of a wave, so that there is something to step from."""
    start = RATE // 8 + event * (RATE // 4) + 8000
    return start + int(np.abs(music()[0, start : start + 200]).argmax())


@pytest.mark.parametrize("event", [1, 5, 9])
def test_a_hard_step_of_the_gain_is_one_click(event):
    a, at = music(), quiet(event)
    found = clicks(np.where(np.arange(len(TIME)) < at, a, 0.0), a, 0 * a, RATE)
    assert found == pytest.approx([at / RATE], abs=0.001)
    half = clicks(np.where(np.arange(len(TIME)) < at, a, 0.5 * a), a, 0 * a, RATE)
    assert half == pytest.approx([at / RATE], abs=0.001)


def test_each_spike_is_counted_once():
    a, mix = music(), music()
    where = [quiet(event) for event in (0, 3, 4, 10)]
    mix[0, where] += 0.1
    assert clicks(mix, a, 0 * a, RATE) == pytest.approx([at / RATE for at in where], abs=1e-4)


def test_a_spike_that_the_drums_cover_is_not_heard():
    a, mix = music(), music()
    mix[0, RATE // 8 + 4 * (RATE // 4) + 300] += 0.1
    assert clicks(mix, a, 0 * a, RATE) == ()


def test_a_crackle_that_a_track_brings_along_is_its_own():
    a = music()
    a[0, quiet(5)] += 0.3
    assert clicks(a, a, 0 * a, RATE) == ()
    assert clicks(0.5 * a, 0 * a, a, RATE) == ()
    assert len(clicks(a, 0 * a, 0 * a, RATE)) == 1


def test_silence():
    assert clicks(np.zeros((2, 9000)), np.zeros((2, 9000)), np.zeros((2, 9000)), RATE) == ()
