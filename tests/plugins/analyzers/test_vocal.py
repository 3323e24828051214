"""Vocal activity: glides and vibrato against steady tones."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.plugins.analyzers.partials import partials_move_together
from djtrans.plugins.analyzers.pitch_motion import pitch_motion
from djtrans.plugins.analyzers.vocal import bar_vocals, vocal_features
from djtrans.synthesis import TrackSpec, synthesize

RATE = 11025
HOP = 220
SECONDS = 4.0


def tone(hz: np.ndarray, partials: range = range(1, 13)) -> np.ndarray:
    phase = np.cumsum(hz) / RATE
    parts = [np.sin(2 * np.pi * k * phase) / k for k in partials]
    return (0.1 * np.sum(parts, axis=0)).astype(np.float32)


def time() -> np.ndarray:
    return np.arange(round(SECONDS * RATE)) / RATE


def vibrato(hz: float = 220.0, cents: float = 50.0, rate_hz: float = 5.5) -> np.ndarray:
    return hz * 2.0 ** (cents / 1200.0 * np.sin(2 * np.pi * rate_hz * time()))


def noise(level: float = 0.1) -> np.ndarray:
    return level * np.random.default_rng(0).standard_normal(len(time())).astype(np.float32)


STEADY = {
    "tone": tone(np.full(len(time()), 220.0)),
    "chord": sum(tone(np.full(len(time()), hz)) for hz in (220.0, 261.6, 329.6)),
    "noise": noise(),
    "silence": np.zeros(len(time()), dtype=np.float32),
}
MOVING = {
    "narrow vibrato": tone(vibrato(cents=25.0)),
    "glide": tone(220.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.5 * time()))),
}
WIDE = tone(vibrato())


@pytest.mark.parametrize("name", MOVING)
def test_partials_glide_together_in_a_voice(name):
    assert partials_move_together(MOVING[name], RATE, HOP).mean() > 0.2


@pytest.mark.parametrize("backing", [0.0, 0.15])
def test_a_wide_vibrato_moves_in_pitch(backing):
    audio = WIDE + backing * STEADY["chord"]
    assert pitch_motion(audio, RATE, HOP).mean() > 0.2


@pytest.mark.parametrize("name", STEADY)
def test_what_keys_and_drums_do_does_not(name):
    assert partials_move_together(STEADY[name], RATE, HOP).mean() < 0.05
    assert pitch_motion(STEADY[name], RATE, HOP).mean() < 0.05


def test_three_partials_are_too_few_to_be_a_voice():
    assert partials_move_together(tone(vibrato(cents=25.0), range(1, 4)), RATE, HOP).mean() < 0.05


def test_frames_lie_where_they_say():
    half = len(time()) // 2
    narrow, wide = (
        np.concatenate([STEADY["tone"][:half], late[half:]])
        for late in (MOVING["narrow vibrato"], WIDE)
    )
    together = partials_move_together(narrow, RATE, HOP)
    motion = pitch_motion(wide, RATE, HOP)
    assert len(together) == len(narrow) // HOP + 1
    assert len(motion) == len(wide) // (2 * HOP)
    for curve in (together, motion):
        middle = len(curve) // 2
        assert curve[: middle - 5].mean() < 0.02
        assert curve[middle + 5 :].mean() > 0.2


def test_mid_and_side_are_distinguished():
    one, other = noise(), np.roll(noise(), 5000)
    bars = np.array([0.0, 2.0, 4.0])
    for audio, expected in (
        (np.stack([one, other]), 0.0),
        (np.stack([one, -one]), np.nan),  # an inverted channel is no position
        (np.stack([0.0 * one, one]), np.nan),
        (np.stack([one, 0.5 * one]), 0.8),  # middle 3/4, side 1/4: (9 - 1) / (9 + 1)
    ):
        found = vocal_features(audio, RATE, bars)[:, 2]
        assert found == pytest.approx(expected, abs=0.1, nan_ok=True)
    for mono in (one[None], np.stack([one, one])):
        assert np.isnan(vocal_features(mono, RATE, bars)[:, 2]).all()
        assert np.isfinite(bar_vocals(mono, RATE, bars)).all()


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_silence_at_any_rate_is_not_sung(rate):
    likelihood = bar_vocals(np.zeros((2, 4 * rate), dtype=np.float32), rate, np.arange(0.0, 5.0))
    assert likelihood.shape == (4,)
    assert np.all(likelihood < 0.5)


@pytest.fixture(scope="module")
def track():
    return synthesize(TrackSpec(seed=7, structure=(("drop", 16),), sample_rate_hz=22050))


def test_sung_bars_score_higher_than_the_same_bars_without_the_voice(track):
    bars = track.grid.downbeat_times
    sung = np.zeros(len(bars) - 1, dtype=bool)
    for phrase in track.sung:
        sung[phrase.start_bar : phrase.start_bar + phrase.bars] = True
    backing = track.audio - track.stems["vocals"]
    with_voice, without = (bar_vocals(a.numpy(), 22050, bars) for a in (track.audio, backing))
    assert sung.any()
    assert with_voice[sung].mean() > without[sung].mean() + 0.1
    assert with_voice[sung].mean() > with_voice[~sung].mean() + 0.1
