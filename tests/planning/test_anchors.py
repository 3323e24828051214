"""Phrases with and without a voice."""

from __future__ import annotations

from djtrans.planning.anchors import anchor_bars


def test_a_phrase_is_sung_by_its_own_bars(analysis):
    track = analysis(vocal=((16, 32),))  # phrases of eight bars
    assert anchor_bars("vocal", track) == {16, 24}
    assert anchor_bars("instrumental", track) == {0, 8, 32, 40, 48, 56}


def test_a_drop_is_an_anchor_and_a_groove_only_in_a_track_without_drops(analysis):
    grooves = (("intro", 16), ("groove", 16), ("break", 8), ("groove", 16))
    assert anchor_bars("drop", analysis(sections=grooves)) == {16, 40}
    assert anchor_bars("drop", analysis(sections=(*grooves, ("break", 8), ("drop", 8)))) == {64}
    assert anchor_bars("drop", analysis(sections=(("intro", 16), ("outro", 16)))) == set()


def test_a_build_ends_in_a_drop_or_a_groove(analysis):
    track = analysis(
        sections=(
            ("build", 8),
            ("groove", 8),
            ("build", 8),
            ("drop", 8),
            ("build", 8),
            ("outro", 8),
        )
    )
    assert anchor_bars("build-end", track) == {8, 24}
