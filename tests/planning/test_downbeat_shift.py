"""B's one is moved where what is heard of both windows clearly says so."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.transition.pair import Pair
from djtrans.planning.beat_features import BeatFeatures, listen
from djtrans.planning.downbeat_shift import bar_profile, best_shift, chord_changes, shift_scores

BARS = 16


def house(late=0, seed=0):
    """Kick on every beat, snare on two and four, a chord every bar, its one `late` beats late."""
    rng = np.random.default_rng(seed)
    beats = np.arange(4 * BARS)
    place = (beats - late) % 4
    chroma = np.zeros((len(beats), 12))
    chroma[beats, ((beats - late) // 4 * 5) % 12] = 1.0
    return BeatFeatures(
        low=20.0 + rng.normal(0, 0.5, len(beats)),
        mid=np.where(place % 2 == 1, 15.0, 3.0) + rng.normal(0, 0.5, len(beats)),
        chroma=chroma,
    )


@pytest.mark.parametrize("late", range(4))
def test_the_shift_that_lays_snares_and_chords_together_is_found(late):
    assert best_shift(house(), house(late, seed=1), confidence=0.2) == late
    assert best_shift(house(late, seed=1), house(), confidence=0.2) == (4 - late) % 4


def test_what_says_little_moves_nothing():
    flat = BeatFeatures(np.ones(64), np.ones(64), np.zeros((64, 12)))
    assert best_shift(house(), flat, 0.0) == 0
    rng = np.random.default_rng(3)
    for _ in range(20):
        noise = BeatFeatures(*rng.random((2, 64)), rng.random((64, 12)))
        assert best_shift(house(), noise, 0.5) == 0


def test_a_bar_profile_is_relative_to_all_beats():
    values = np.tile([1.0, 0.0, 0.0, 0.0], 4)
    assert bar_profile(values, 4) == pytest.approx(
        [0.75 / values.std()] + [-0.25 / values.std()] * 3
    )
    assert bar_profile(np.ones(3), 4).tolist() == [0.0] * 4


def test_chords_change_where_other_notes_sound():
    sound = house()
    changes = chord_changes(sound)
    assert changes[4::4] == pytest.approx(1.0)
    assert np.delete(changes, np.arange(0, 64, 4)) == pytest.approx(0.0)


def test_scores_are_those_of_the_shifts():
    scores = shift_scores(house(), house(1, seed=2))
    assert int(np.argmax(scores)) == 1
    assert scores[1] == pytest.approx(shift_scores(house(), house(0, seed=2))[0], abs=0.1)


def test_a_plan_shifts_b_where_it_is_not_sure_of_the_one(analysis, plan):
    """B's analysis has the one a beat early; its beats from there on are as house music's."""
    ears = Pair(lambda beats: house(), lambda beats: house(1))
    told = plan(analysis(), analysis(downbeat_confidence=0.2), ears=ears)
    plain = plan(analysis(), analysis(downbeat_confidence=0.2))
    assert told.b.cue_seconds - plain.b.cue_seconds == pytest.approx(0.5)
    assert any("1 beat later: bass, snare and chords" in reason for reason in told.reasons)
    # Asked for: not listened to.
    asked = plan(analysis(), analysis(downbeat_confidence=0.2), ears=ears, shift_beats=0)
    assert asked.b.cue_seconds == plain.b.cue_seconds


def test_attacks_are_heard_in_their_band():
    """60 Hz bursts on the ones, 1.5 kHz bursts on two and four, of noiseless synthesis."""
    rate, beat = 22050, 0.5
    t = np.arange(int(rate * 20)) / rate
    since = t % beat
    place = (t // beat).astype(int) % 4
    burst = np.exp(-since / 0.03)
    audio = burst * (
        np.where(place == 0, np.sin(2 * np.pi * 60 * since), 0.0)
        + np.where(place % 2 == 1, np.sin(2 * np.pi * 1500 * since), 0.0)
    )
    sound = listen(audio[None], rate, 2.0 + beat * np.arange(33))
    assert sound.low.reshape(8, 4)[:, 0].min() > sound.low.reshape(8, 4)[:, 1:].max() + 10
    assert sound.mid.reshape(8, 4)[:, 1::2].min() > sound.mid.reshape(8, 4)[:, ::2].max() + 10


def test_silence_has_no_attacks_and_no_notes():
    sound = listen(np.zeros((1, 1000)), 22050, np.arange(5.0))
    assert not sound.low.any()
    assert not sound.chroma.any()
    assert sound.chroma.shape == (4, 12)
