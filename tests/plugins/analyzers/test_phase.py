"""Attack times and beat phase against sounds that begin at known samples."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.plugins.analyzers.attacks import Attacks, find_attacks, fold
from djtrans.plugins.analyzers.phase import coarse_offset, refine_pulse

RATE = 22050


def place(sound: np.ndarray, times: np.ndarray, seconds: float) -> np.ndarray:
    audio = np.zeros(round(seconds * RATE), dtype=np.float32)
    for time in times:
        start = int(np.ceil(time * RATE))
        length = min(len(sound), len(audio) - start)
        audio[start : start + length] += sound[:length]
    return audio


def kick(attack_seconds: float = 0.0) -> np.ndarray:
    """A sine falling from 110 to 50 Hz."""
    time = np.arange(round(0.25 * RATE)) / RATE
    turns = 50 * time + 60 * 0.03 * (1 - np.exp(-time / 0.03))
    # Faded to nothing: a kick cut short would click at its end.
    shape = np.exp(-time / 0.08) * (1 - time / time[-1])
    if attack_seconds:
        shape *= np.minimum(time / attack_seconds, 1.0)
    return np.sin(2 * np.pi * turns) * shape


def burst(decay_seconds: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    time = np.arange(round(0.1 * RATE)) / RATE
    return rng.standard_normal(len(time)) * np.exp(-time / decay_seconds)


SOUNDS = {
    "click": np.array([1.0]),
    "hat": burst(0.005),
    "snare": burst(0.05),
    "kick": kick(),
    "soft kick": kick(0.008),
}


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize(("bpm", "start"), [(128.0, 0.1), (100.07, 0.2), (174.5, 0.0513)])
def test_no_sound_biases_the_phase(name: str, bpm: float, start: float) -> None:
    period = 60.0 / bpm
    audio = place(SOUNDS[name], np.arange(start, 29.5, period), 30.0)
    attacks = find_attacks(audio, RATE)
    offset = coarse_offset(attacks, period)
    # The coarse search knows the half beat only.
    offset += round((start - offset) / (period / 2)) * period / 2
    pulse = refine_pulse(attacks, period * 1.0003, offset)
    assert pulse.period == pytest.approx(period, rel=2e-5)
    slip = (pulse.offset - start + period / 2) % period - period / 2
    assert abs(slip) < 0.0025
    assert pulse.deviation < 0.001


def test_late_hats_do_not_move_the_beat() -> None:
    period, start = 0.5, 0.2
    beats = np.arange(start, 29.0, period)
    audio = place(kick(), beats, 30.0) + 0.3 * place(burst(0.01), beats + 0.26, 30.0)
    pulse = refine_pulse(find_attacks(audio, RATE), period, start + 0.012)
    assert pulse.offset == pytest.approx(start, abs=0.003)


def test_a_drifting_tempo_shows_as_deviation() -> None:
    beats = [0.0]
    while beats[-1] < 59.0:
        beats.append(beats[-1] + 60.0 / (124.0 + 8.0 * beats[-1] / 60.0))
    attacks = find_attacks(place(kick(), np.array(beats), 60.0), RATE)
    steady = find_attacks(place(kick(), np.arange(0.0, 59.0, 60.0 / 128.0), 60.0), RATE)
    assert refine_pulse(attacks, 60.0 / 128.0, 0.0).deviation > 0.004
    assert refine_pulse(steady, 60.0 / 128.0, 0.0).deviation < 0.001


def test_silence_folds_to_nothing() -> None:
    attacks = find_attacks(np.zeros(RATE * 10, dtype=np.float32), RATE)
    pulse = refine_pulse(attacks, 0.5, 0.1)
    assert np.isfinite(pulse.offset)
    assert pulse.focus == 0.0


def test_fold_is_the_mean_over_periods() -> None:
    strength = np.random.default_rng(0).random((12, 2))
    expected = (strength[:4] + strength[4:8] + strength[8:]) / 3
    np.testing.assert_allclose(fold(strength, 1.0, 4.0), expected)
    np.testing.assert_allclose(fold(strength, 1.0, 4.0, offset=1.0), np.roll(expected, -1, axis=0))


def test_attack_bands_are_comparable() -> None:
    attacks = find_attacks(place(burst(0.05), np.arange(0.0, 9.0, 0.5), 10.0), RATE)
    assert isinstance(attacks, Attacks)
    np.testing.assert_allclose(attacks.strength.mean(axis=0, dtype=np.float64), 1.0, rtol=1e-6)
