"""Chords whose intervals are known."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.audio.chroma import beat_chroma
from djtrans.core.audio.dissonance import interval_dissonance
from djtrans.metrics.consonance import chroma_consonance

RATE = 22050
CLOCK = 0.5 * np.arange(9)
ALL = np.ones(8, dtype=bool)


def chord(*pitches: int, partials: int = 3) -> np.ndarray:
    """Tones of MIDI pitches with a few partials, ``[1, samples]``."""
    time = np.arange(int(CLOCK[-1] * RATE)) / RATE
    out = np.zeros_like(time)
    for pitch in pitches:
        hz = 440 * 2 ** ((pitch - 69) / 12)
        for k in range(1, partials + 1):
            out += 0.1 / k**2 * np.sin(2 * np.pi * k * hz * time + k)
    return out[None]


def drums() -> np.ndarray:
    rng = np.random.default_rng(0)
    out = np.zeros(int(CLOCK[-1] * RATE))
    for start in (CLOCK[:-1] * RATE).astype(int):
        out[start : start + 2000] += rng.standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    return 0.3 * out[None]


def consonance(a: np.ndarray, b: np.ndarray) -> float:
    found = chroma_consonance(a, b, RATE, CLOCK, ALL)
    assert found is not None
    return found


C_MAJOR = (60, 64, 67)


def test_the_pitches_of_a_chord_are_heard_through_drums():
    chroma = beat_chroma(chord(*C_MAJOR, partials=1) + drums(), RATE, CLOCK)
    assert chroma.shape == (8, 12)
    for beat in chroma:
        assert set(np.argsort(beat)[-3:]) == {0, 4, 7}
        assert beat[[0, 4, 7]].sum() > 0.8 * beat.sum()


@pytest.mark.parametrize("pitch", range(46, 90))
def test_every_pitch_falls_into_its_class(pitch):
    chroma = beat_chroma(chord(pitch, partials=1), RATE, CLOCK)
    assert (chroma.argmax(axis=1) == pitch % 12).all()


def test_intervals_stand_in_their_known_order():
    rough = interval_dissonance()
    assert rough[0] == 0.0
    assert np.mean(rough) == pytest.approx(1.0)
    assert np.allclose(rough[1:], rough[:0:-1])  # an interval and its inversion
    # Fifth, then thirds and sixths, then tone and tritone, then the semitone.
    assert rough[7] < min(rough[3], rough[4]) < max(rough[3], rough[4]) < rough[2] < rough[1]
    assert rough[7] < rough[6] < rough[1]


def test_unison_is_one_and_a_semitone_is_the_worst():
    same = consonance(chord(60, partials=1), chord(72, partials=1))
    assert same == pytest.approx(1.0, abs=0.02)
    by_interval = [consonance(chord(60, partials=1), chord(60 + k, partials=1)) for k in range(7)]
    wanted = [1 - rough for rough in interval_dissonance()[:7]]
    assert np.allclose(by_interval, wanted, atol=0.05)
    assert np.argmin(by_interval) == 1


def test_shifting_b_off_key_lowers_it():
    a = chord(*C_MAJOR) + drums()
    same, fifth, semitone = (
        consonance(a, chord(*(p + k for p in C_MAJOR)) + drums()) for k in (0, 7, 1)
    )
    assert same > fifth > semitone
    assert semitone < 0.0


def test_noise_is_chance_and_silence_is_nothing():
    rng = np.random.default_rng(1)
    noise = [0.1 * rng.standard_normal((1, int(CLOCK[-1] * RATE))) for _ in range(2)]
    assert consonance(*noise) == pytest.approx(0.0, abs=0.15)
    a = chord(60)
    assert chroma_consonance(a, 0 * a, RATE, CLOCK, ALL) is None
    assert chroma_consonance(a, a, RATE, CLOCK, ~ALL) is None
