"""The owner of the low end, as the curves have it."""

from __future__ import annotations

from djtrans.plot.owners import bass_owners


def test_a_swap_changes_hands_on_its_beat(swap):
    assert bass_owners(swap) == ("a",) * 16 + ("b",) * 16


def test_late_and_early_exchanges_show(make_params):
    late = make_params({"a/*/eq/low": [(20, 0.0)], "b/*/eq/low": [(0, 0.0), (16, 1.0)]})
    assert bass_owners(late) == ("a",) * 16 + ("both",) * 4 + ("b",) * 12
    early = make_params({"a/*/eq/low": [(12, 0.0)], "b/*/eq/low": [(0, 0.0), (16, 1.0)]})
    assert bass_owners(early)[12:16] == ("none",) * 4


def test_a_high_pass_takes_the_bass_away(make_params):
    params = make_params({"a/*/hpf/cutoff": [(8, 0.5)], "b/*/fader/gain": [(0, 0.0), (24, 1.0)]})
    assert bass_owners(params) == ("a",) * 8 + ("none",) * 16 + ("b",) * 8


def test_only_the_bass_stem_counts_where_there_is_one(make_params):
    params = make_params({"a/beat/fader/gain": [(0, 0.0)], "b/bass/fader/gain": [(0, 0.0)]})
    assert set(bass_owners(params)) == {"a"}
