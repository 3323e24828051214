"""The wheel, by its known relations."""

from __future__ import annotations

import pytest

from djtrans.core.track.key import Key
from djtrans.metrics.key_relation import key_relation


@pytest.mark.parametrize(
    ("a", "b", "steps", "words"),
    [
        ("8A", "8A", 0, "same"),
        ("8A", "8B", 1, "relative"),
        ("8A", "9A", 1, "fifth"),
        ("12A", "1A", 1, "fifth"),
        ("8A", "10A", 2, "five notes"),
        ("8A", "7B", 2, "other mode"),
        ("8A", "2A", 6, "no harmonic overlap"),
    ],
)
def test_relations(a, b, steps, words):
    found = key_relation(a, b)
    assert found.steps == steps
    assert words in found.words
    assert key_relation(b, a) == found


def test_it_agrees_with_the_keys_themselves():
    keys = [Key(tonic, mode) for tonic in range(12) for mode in ("minor", "major")]
    for a in keys:
        for b in keys:
            assert key_relation(a.camelot, b.camelot).steps == a.distance(b)


@pytest.mark.parametrize("code", ["", "13A", "0B", "8C", "A minor"])
def test_unknown_keys_are_not_measured(code):
    assert key_relation(code, "8A").steps is None
