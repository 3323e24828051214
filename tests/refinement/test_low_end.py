"""The search against every assignment, on tracks whose bass is known beat by beat."""

from __future__ import annotations

import itertools
import random

import pytest
import torch

from djtrans import Pair
from djtrans.refinement import LowEndPlan, search_low_end
from djtrans.refinement.low_end import apply_low_end
from tests.helpers.stem_powers import LAYOUT, bass_powers, neutral, power_model

PHRASE = 8
LOW_A, LOW_B = (LAYOUT.select(f"{track}/*/eq/low") for track in "ab")


class Scene:
    """Phrases in which each track has bass or not, and plays it or not."""

    def __init__(self, has_a, has_b, plays_a, plays_b):
        self.has = {"a": has_a, "b": has_b}
        self.plays = {"a": plays_a, "b": plays_b}
        self.phrases = len(has_a)
        self.beats = PHRASE * self.phrases
        self.swap = PHRASE * (self.phrases // 2)
        lines = tuple(float(beat) for beat in range(0, self.beats, PHRASE))
        a, b = (bass_powers([on for on in self.has[s] for _ in range(PHRASE)]) for s in "ab")
        self.model = power_model(a, b, swap_beat=self.swap, phrase_beats=Pair(lines, ()))
        self.values = neutral(self.beats)
        for rows, plays in ((LOW_A, plays_a), (LOW_B, plays_b)):
            for index, on in enumerate(plays):
                if not on:
                    self.values[2 * PHRASE * index : 2 * PHRASE * (index + 1), rows] = 0.0

    @classmethod
    def random(cls, seed, phrases):
        rng = random.Random(seed)
        has = [[rng.random() < 0.7 for _ in range(phrases)] for _ in range(2)]
        plays = [[rng.random() < 0.6 for _ in range(phrases)] for _ in range(2)]
        return cls(*has, *plays)

    def playing(self, owners):
        """Tracks that play bass in each phrase, if phrases get these owners."""
        for index, owner in enumerate(owners):
            turned_up = {s: self.plays[s][index] if owner == "" else owner == s for s in "ab"}
            yield {s for s in "ab" if turned_up[s] and self.has[s][index]}

    def held(self, index):
        """Owner under the curves as they are: the louder low end, A's where they are alike."""
        a, b = ((self.has[side][index], self.plays[side][index]) for side in "ab")
        return "b" if b > a else "a"

    def cost(self, owners):
        """Beats without bass, twice those with two, 2 for a change and 2 for an exchange."""
        total = 0.0
        for index, sounding in enumerate(self.playing(owners)):
            wanted = self.has["b" if PHRASE * index >= self.swap else "a"][index]
            total += PHRASE * (2.0 * (len(sounding) == 2) + (not sounding and wanted))
            total += 2.0 * (owners[index] != "")
        sounds = [owner or self.held(index) for index, owner in enumerate(owners)]
        return total + 2.0 * sum(x != y for x, y in itertools.pairwise(sounds))

    def best(self):
        """Lowest cost of all assignments that do not begin with B or end with A."""
        every = itertools.product(["", "a", "b"], repeat=self.phrases)
        return min(self.cost(owners) for owners in every if owners[0] != "b" and owners[-1] != "a")


@pytest.mark.parametrize("seed", range(40))
def test_no_assignment_is_better_than_the_one_found(seed):
    scene = Scene.random(seed, phrases=3 + seed % 3)
    plan = search_low_end(scene.model, scene.values)
    assert plan.lines == tuple(range(0, scene.beats, PHRASE))
    assert plan.owners[0] != "b"
    assert plan.owners[-1] != "a"
    assert scene.cost(plan.owners) == scene.best()


def test_two_basses_are_given_to_one_track():
    """Both play the second of four phrases: B is turned down there, and nothing else changes."""
    yes = [True] * 4
    scene = Scene(yes, yes, [True, True, False, False], [False, True, True, True])
    plan = search_low_end(scene.model, scene.values)
    assert plan.owners == ("", "a", "", "")
    assert plan.changed


def test_a_crossfade_of_two_basses_exchanges_them_on_the_swap():
    """Both play in both phrases: B is turned down in the first one, A in the last one."""
    scene = Scene([True] * 2, [True] * 2, [True] * 2, [True] * 2)
    assert search_low_end(scene.model, scene.values).owners == ("a", "b")


def test_a_phrase_without_bass_gets_one():
    yes = [True] * 4
    scene = Scene(yes, yes, [True, False, False, False], [False, False, True, True])
    assert search_low_end(scene.model, scene.values).owners[1] in ("a", "b")


def test_bass_is_looked_for_where_the_outgoing_track_has_none():
    """A has no bass in the whole window; B's is missing from the swap on."""
    scene = Scene([False] * 4, [True] * 4, [True] * 4, [False, False, False, True])
    assert search_low_end(scene.model, scene.values).owners == ("", "", "b", "")


def test_a_clean_exchange_is_left_alone():
    yes = [True] * 4
    scene = Scene(yes, yes, [True, True, False, False], [False, False, True, True])
    plan = search_low_end(scene.model, scene.values)
    assert plan.owners == ("", "", "", "")
    assert not plan.changed
    assert torch.equal(apply_low_end(plan, scene.values, LAYOUT, 2), scene.values)


def test_phrases_start_on_downbeats_of_both_tracks_and_on_the_swap():
    powers = bass_powers([True] * 32)
    lines = Pair((0.0, 8.0, 17.0), (-4.0, 24.0))
    model = power_model(powers, powers, swap_beat=20, phrase_beats=lines)
    plan = search_low_end(model, neutral(32))
    assert plan.lines == (0.0, 8.0, 20.0, 24.0)


def test_a_window_within_one_phrase_is_left_alone():
    powers = bass_powers([True] * 8)
    model = power_model(powers, powers, swap_beat=0)
    assert search_low_end(model, neutral(8)) == LowEndPlan((0.0,), ("",))


def test_an_owner_has_a_neutral_low_band_and_the_other_track_none():
    values = torch.rand(64, len(LAYOUT), generator=torch.Generator().manual_seed(0))
    plan = LowEndPlan((0.0, 8.0, 16.0, 24.0), ("", "b", "a", ""))
    found = apply_low_end(plan, values, LAYOUT, 2)
    expected = values.clone()
    expected[16:32, LOW_A], expected[16:32, LOW_B] = 0.0, 1.0
    expected[32:48, LOW_A], expected[32:48, LOW_B] = 1.0, 0.0
    assert torch.equal(found, expected)
    assert not torch.equal(found, values)
