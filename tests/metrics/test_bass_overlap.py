"""Bass is counted where it was put."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics import bass_overlap

RATE = 22050
BEATS = 16
BEAT = 0.5
CLOCK = 0.25 + BEAT * np.arange(BEATS + 1)


def bass(hz: float, levels_db: list[float] | np.ndarray) -> np.ndarray:
    """A sine whose level is given per beat, with hats above it all the time."""
    samples = int((CLOCK[-1] + 0.25) * RATE)
    time = np.arange(samples) / RATE
    beat = np.clip(((time - CLOCK[0]) // BEAT).astype(int), 0, BEATS - 1)
    gain = 10 ** (np.asarray(levels_db, dtype=float) / 20)
    treble = 0.05 * np.random.default_rng(0).standard_normal(samples)
    return (gain[beat] * np.sin(2 * np.pi * hz * time) + np.diff(treble, prepend=0.0))[None]


FULL = np.full(BEATS, -10.0)
OUT = -80.0


def levels(start: int, stop: int, inside: float = -10.0, outside: float = OUT) -> np.ndarray:
    out = np.full(BEATS, outside)
    out[start:stop] = inside
    return out


def measure(a: np.ndarray, b: np.ndarray, full_b: np.ndarray = FULL):
    return bass_overlap(bass(60, a), bass(80, b), RATE, CLOCK, bass(60, FULL), bass(80, full_b))


@pytest.mark.parametrize("late", [0, 1, 3, 8])
def test_overlap_is_counted_to_the_beat(late):
    found = measure(levels(0, 8 + late), levels(8, BEATS))
    assert found.beats == late
    assert found.fraction == late / BEATS
    assert found.overlaps == tuple(8 <= beat < 8 + late for beat in range(BEATS))
    assert found.beats_without_bass == 0
    assert found.owners == ("a",) * 8 + ("both",) * late + ("b",) * (8 - late)


@pytest.mark.parametrize("early", [1, 4])
def test_a_hole_between_the_basses_is_counted(early):
    found = measure(levels(0, 8 - early), levels(8, BEATS))
    assert found.beats_without_bass == early
    assert found.beats == 0
    assert found.owners[8 - early : 8] == ("none",) * early


def test_a_bass_well_under_its_own_level_or_the_others_does_not_clash():
    under_itself = measure(FULL, np.full(BEATS, -22.0))
    assert under_itself.beats == 0
    assert under_itself.owners == ("a",) * BEATS
    quiet = np.full(BEATS, -22.0)
    under_the_other = measure(FULL, quiet, full_b=quiet)
    assert under_the_other.beats == 0
    just_a_clash = np.full(BEATS, -18.0)
    assert measure(FULL, just_a_clash, full_b=just_a_clash).beats == BEATS


def test_a_track_without_bass_never_plays_bass():
    nothing = np.full(BEATS, -150.0)
    found = measure(FULL, nothing, full_b=nothing)
    assert found.beats == 0
    assert found.owners == ("a",) * BEATS


def test_a_beat_on_which_the_music_itself_has_no_bass_is_not_missing():
    rest = FULL.copy()
    rest[6:8] = OUT
    solos = bass(60, rest), bass(80, rest)
    swapped = bass_overlap(
        bass(60, np.where(np.arange(BEATS) < 8, rest, OUT)),
        bass(80, np.where(np.arange(BEATS) < 8, OUT, rest)),
        RATE,
        CLOCK,
        *solos,
    )
    assert swapped.empty[6:8] == (True, True)
    assert swapped.beats_without_bass == 0
    # B has bass there: it could have played.
    found = measure(np.where(np.arange(BEATS) < 8, rest, OUT), levels(8, BEATS))
    assert found.beats_without_bass == 2
