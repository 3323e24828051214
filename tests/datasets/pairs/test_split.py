"""What is validated on was not trained on, as far as pairs can be told apart by their tracks."""

from __future__ import annotations

import random

import pytest

from djtrans.datasets.pairs.split import held_out


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


def test_where_all_are_linked_every_pair_held_out_has_a_track_that_is_new():
    rng = random.Random(1)
    pairs = [tuple(rng.sample([f"t{i}" for i in range(40)], 2)) for _ in range(200)]
    held = held_out(pairs)
    assert 20 <= sum(held) <= 40
    heard = tracks(pairs, held, False)
    assert all(set(pair) - heard for pair, out in zip(pairs, held, strict=True) if out)


def test_of_one_pair_of_tracks_some_transitions_are_held_out():
    held = held_out([("a", "b")] * 20)
    assert sum(held) == 2


@pytest.mark.parametrize("count", [2, 3, 5])
def test_few_pairs_leave_one_for_each_part(count):
    held = held_out([(f"t{i}", f"t{i + 1}") for i in range(count)])
    assert 1 <= sum(held) < count


def test_the_order_of_the_pairs_does_not_matter():
    pairs = [(f"a{i}", f"b{i % 30}") for i in range(50)]
    chosen = {p for p, out in zip(pairs, held_out(pairs), strict=True) if out}
    pairs.reverse()
    assert {p for p, out in zip(pairs, held_out(pairs), strict=True) if out} == chosen
    assert held_out([("a", "b")]) == (False,)
    assert held_out([]) == ()
