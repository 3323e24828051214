"""Phrases with and without a voice."""

from __future__ import annotations

from djtrans.planning.anchors import anchor_bars


def test_a_phrase_is_sung_by_its_own_bars(analysis):
    track = analysis(vocal=((16, 32),))  # phrases of eight bars
    assert anchor_bars("vocal", track) == {16, 24}
    assert anchor_bars("instrumental", track) == {0, 8, 32, 40, 48, 56}
