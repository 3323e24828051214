"""Chroma and key against chords of known pitch."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.plugins.analyzers.chroma import chroma_per_slot, find_chroma
from djtrans.plugins.analyzers.key import find_key

RATE = 22050


def chord(pitches: list[float], seconds: float = 1.0) -> np.ndarray:
    """Saw-like tones at MIDI pitches."""
    time = np.arange(round(seconds * RATE)) / RATE
    audio = np.zeros(len(time))
    for pitch in pitches:
        freq = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        for partial in range(1, 6):
            audio += np.sin(2 * np.pi * partial * freq * time) / partial
    return (0.05 * audio).astype(np.float32)


def progression(tonic: int, mode: str, tuning: float = 0.0) -> np.ndarray:
    """I IV V I, or i iv v i, with the tonic in the bass."""
    third = 4 if mode == "major" else 3
    chords = []
    for root in (0, 5, 7, 0):
        base = 48 + tonic + root + tuning
        chords.append(chord([base - 12, base, base + third, base + 7]))
    return np.concatenate(chords * 2)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_cadences_in_every_key(tonic: int, mode: str) -> None:
    key = find_key(find_chroma(progression(tonic, mode), RATE).strength)
    assert (key.tonic, key.mode) == (tonic, mode)
    assert key.confidence > 0.3


def test_a_track_between_two_pitches_is_tuned() -> None:
    chroma = find_chroma(progression(2, "minor", tuning=0.4), RATE)
    assert chroma.tuning_semitones == pytest.approx(0.4, abs=0.08)
    key = find_key(chroma.strength)
    assert (key.tonic, key.mode) == (2, "minor")


def test_noise_has_no_sure_key() -> None:
    noise = np.random.default_rng(0).standard_normal(20 * RATE).astype(np.float32)
    assert find_key(find_chroma(noise, RATE).strength).confidence < 0.25


def test_two_keys_that_fit_alike_are_less_sure_than_one() -> None:
    """The notes of C6 are those of A minor 7; a cadence decides."""
    chords = np.zeros((10, 12))
    chords[:, [0, 4, 7, 9]] = 1.0
    cadence = find_key(find_chroma(progression(0, "major"), RATE).strength)
    assert 0.2 < find_key(chords).confidence < 0.6 < cadence.confidence < 1.0


def test_no_pitch_at_all_has_confidence_zero() -> None:
    assert find_key(np.zeros((10, 12))).confidence == 0.0
    assert find_key(np.ones((10, 12))).confidence == 0.0


def test_slots_read_the_chroma_at_their_middle() -> None:
    audio = np.concatenate([chord([60.0], 2.0), chord([66.0], 2.0)])
    chroma = find_chroma(audio, RATE)
    slots = chroma_per_slot(chroma, 0.0, 1.0, 4)
    assert [int(np.argmax(slot)) for slot in slots] == [0, 0, 6, 6]
