"""Medians and differences of constructed outcomes."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import FormatError, InputError
from djtrans.evaluation.comparison import Comparison, Outcome, worse

DIP, OVERLAP, DESCRIBED = "loudness_dip_lu", "bass_overlap_beats", "both_audible_beats"


def outcome(pair, technique, dip, overlap=0.0, verdict="pass"):
    values = {DIP: dip, OVERLAP: overlap, DESCRIBED: overlap}
    return Outcome(pair=f"{pair}", technique=technique, values=values, gates={"level": verdict})


# Pairs differ by tens, techniques by 1: only a paired difference can see it.
OUTCOMES = [
    made
    for pair in range(12)
    for made in (
        outcome(pair, "fade", 10.0 * pair),
        outcome(pair, "deep", 10.0 * pair + 1.0, verdict="fail" if pair < 3 else "pass"),
        outcome(pair, "flat", 10.0 * pair - 1.0, overlap=pair % 2 - 0.5),
    )
]
COMPARISON = Comparison(outcomes=[*OUTCOMES, Outcome(pair="12", technique="deep", reason="why")])


def test_medians_leave_out_what_failed_and_count_the_rest():
    estimate = COMPARISON.medians("deep")[DIP]
    assert (estimate.median, estimate.n) == (56.0, 12)
    assert [o.reason for o in COMPARISON.failed] == ["why"]
    assert COMPARISON.techniques == ("fade", "deep", "flat")


def test_paired_differences_see_what_medians_do_not():
    difference = COMPARISON.differences("deep", "fade")[DIP]
    assert (difference.median, difference.low, difference.high) == (1.0, 1.0, 1.0)
    medians = COMPARISON.medians("deep")[DIP]
    assert medians.low < COMPARISON.medians("fade")[DIP].median < medians.high


def test_worse_names_what_is_worse_beyond_its_interval_and_nothing_else():
    found = [(technique, metric) for technique, metric, _ in worse(COMPARISON, "fade")]
    assert found == [("deep", DIP)]
    with pytest.raises(
        InputError, match=r"technique 'fad' was not evaluated\. Did you mean 'fade'"
    ):
        COMPARISON.differences("deep", "fad")


def test_verdicts_are_counted_by_gate():
    assert COMPARISON.verdicts("deep") == {
        "level": {"pass": 9, "warn": 0, "fail": 3, "not measurable": 0}
    }


def test_an_outcome_survives_its_file():
    assert Outcome.from_dict(attrs.asdict(OUTCOMES[0])) == OUTCOMES[0]
    for wrong in ([], {"pair": "a"}, {"pair": "a", "technique": "b", "score": 1}):
        with pytest.raises(FormatError, match="no result of an evaluation"):
            Outcome.from_dict(wrong)
