"""What is validated on was not trained on, as far as pairs can be told apart by their tracks."""

from __future__ import annotations

import random

import pytest

from djtrans.datasets.pairs.split import HELD_OUT, MOST_LOST, held_out


def tracks(pairs, held, part):
    return {t for pair, out in zip(pairs, held, strict=True) if out is part for t in pair}


def test_pairs_of_their_own_tracks_are_held_out_whole():
    pairs = [(f"a{i}", f"b{i}") for i in range(40)]
    held = held_out(pairs)
    assert sum(held) == 4
    assert not tracks(pairs, held, True) & tracks(pairs, held, False)


def test_several_transitions_of_two_tracks_stay_together():
    pairs = [(f"a{i // 3}", f"b{i // 3}") for i in range(60)]
    held = held_out(pairs)
    assert sum(held) == 6
    assert not tracks(pairs, held, True) & tracks(pairs, held, False)
    assert all(len(set(held[i : i + 3])) == 1 for i in range(0, 60, 3))


def linked(tracks, pairs):
    rng = random.Random(1)
    return [tuple(rng.sample([f"t{i}" for i in range(tracks)], 2)) for _ in range(pairs)]


@pytest.mark.parametrize(("tracks_", "pairs_"), [(40, 200), (100, 200), (30, 60)])
def test_where_all_are_linked_no_recording_is_in_both_parts(tracks_, pairs_):
    pairs = linked(tracks_, pairs_)
    held = held_out(pairs)
    assert not tracks(pairs, held, True) & tracks(pairs, held, False)
    assert 1 <= held.count(True) <= 2 * HELD_OUT * pairs_
    assert 0 < held.count(None) <= MOST_LOST * pairs_


def test_where_every_track_is_with_every_other_a_pair_held_out_has_one_that_is_new():
    pairs = [(f"t{i}", f"t{j}") for i in range(12) for j in range(12) if i != j]
    held = held_out(pairs)
    assert None not in held
    trained = tracks(pairs, held, False)
    assert all(set(pair) - trained for pair, out in zip(pairs, held, strict=True) if out)


def test_of_one_pair_of_tracks_some_transitions_are_held_out():
    held = held_out([("a", "b")] * 20)
    assert sum(held) == 2


@pytest.mark.parametrize("count", [2, 3, 5])
def test_few_pairs_leave_one_for_each_part(count):
    held = held_out([(f"t{i}", f"t{i + 1}") for i in range(count)])
    assert held.count(True) == 1
    assert held.count(False) >= 1


def test_the_order_of_the_pairs_does_not_matter():
    pairs = [(f"a{i}", f"b{i % 30}") for i in range(50)]
    chosen = {p for p, out in zip(pairs, held_out(pairs), strict=True) if out}
    pairs.reverse()
    assert {p for p, out in zip(pairs, held_out(pairs), strict=True) if out} == chosen
    assert held_out([("a", "b")]) == (False,)
    assert held_out([]) == ()
