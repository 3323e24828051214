"""The worst of what could be measured decides; what has to be measured and was not is no pass."""

from __future__ import annotations

import attrs
import pytest

from djtrans.metrics.bass_overlap import BassOverlap
from djtrans.metrics.beat_offset import BeatOffset
from djtrans.metrics.gates import (
    Gate,
    Limit,
    aligned,
    gate,
    level,
    one_bass,
    one_voice,
    placed,
    worse_gates,
)
from djtrans.metrics.level_profile import LevelProfile
from djtrans.metrics.peaks import Peaks
from djtrans.metrics.phrase_alignment import PhraseAlignment
from djtrans.metrics.placement import Placement
from djtrans.metrics.vocals import Vocals

ON = PhraseAlignment(0.0, 0.0, 0.0, 0.125, 0.0)
TIGHT = BeatOffset(p95_ms=3.0)
FINE = LevelProfile(-14, -14, 1.0, 1.0, 100.0)
LOW = Peaks(-1.0, 0)


def basses(both: int = 0, missing: int = 0) -> BassOverlap:
    flags = [tuple(i < n for i in range(32)) for n in (both, missing)]
    return BassOverlap(flags[0], flags[1], flags[1], ("a",) * 32)


def test_the_worst_measured_one_decides():
    fine, warned, failed = (Limit(v, 1, 2, "{:g} x") for v in (1, 1.5, 3))
    unknown = Limit(None, 1, 2, "{:g} x", "no ears")
    assert gate("g", [fine]).verdict == "pass"
    assert gate("g", [fine, warned, unknown]).verdict == "warn"
    found = gate("g", [fine, failed, warned, unknown])
    assert (found.verdict, found.why) == ("fail", "3 x (limit 2); no ears")
    assert gate("g", [unknown]).verdict == "not measurable"
    needed = attrs.evolve(unknown, required=True)
    assert gate("g", [fine, needed]) == Gate("g", "not measurable", "no ears")
    assert gate("g", [warned, needed]).verdict == "warn"
    assert gate("g", [failed, needed]).verdict == "fail"


def test_tracks_that_are_never_together_have_no_beats_to_compare():
    apart = BeatOffset(reason="never together")
    assert aligned(apart, ON, ON, together=False).verdict == "pass"
    assert aligned(apart, ON, ON).verdict == "not measurable"


@pytest.mark.parametrize(
    ("offset", "a", "b", "verdict"),
    [
        (TIGHT, ON, ON, "pass"),
        (BeatOffset(p95_ms=12.0), ON, ON, "warn"),
        (BeatOffset(p95_ms=25.0), ON, ON, "fail"),
        (TIGHT, ON, attrs.evolve(ON, swap=8.0), "warn"),
        (TIGHT, attrs.evolve(ON, swap=4.0), attrs.evolve(ON, swap=8.0), "fail"),
        (TIGHT, ON, attrs.evolve(ON, swap=7.0, off_bar=1.0), "fail"),
        (BeatOffset(reason="no clear onsets"), ON, ON, None),
        (BeatOffset(reason="no clear onsets"), ON, attrs.evolve(ON, swap=8.0), "warn"),
        (BeatOffset(reason="never together"), PhraseAlignment(), PhraseAlignment(), None),
    ],
)
def test_aligned(offset, a, b, verdict):
    found = aligned(offset, a, b)
    assert found.verdict == (verdict or "not measurable")
    assert offset.reason in found.why


@pytest.mark.parametrize(
    ("bass", "excess", "verdict"),
    [
        (basses(), 0.5, "pass"),
        (basses(1), 0.5, "pass"),
        (basses(3), 0.5, "warn"),
        (basses(5), 0.5, "fail"),
        (basses(missing=8), 0.5, "warn"),
        (basses(missing=20), 0.5, "fail"),
        (basses(), 3.0, "warn"),
        (basses(), None, "pass"),
    ],
)
def test_one_bass(bass, excess, verdict):
    assert one_bass(bass, excess).verdict == verdict


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        (Vocals(clash_beats=0, line_cuts=0), "pass"),
        (Vocals(clash_beats=8, line_cuts=0), "warn"),
        (Vocals(clash_beats=0, line_cuts=1), "warn"),
        (Vocals(clash_beats=12, line_cuts=0), "fail"),
        (Vocals(reason="too weak"), "not measurable"),
        (Vocals(line_cuts=0, reason="too weak"), "not measurable"),
        (Vocals(line_cuts=2, reason="too weak"), "fail"),
    ],
)
def test_one_voice(heard, verdict):
    found = one_voice(heard)
    assert found.verdict == verdict
    assert heard.reason in found.why


@pytest.mark.parametrize(
    ("profile", "peaks", "verdict"),
    [
        (FINE, LOW, "pass"),
        (attrs.evolve(FINE, dip_lu=4.0), LOW, "warn"),
        (attrs.evolve(FINE, bump_lu=7.0), LOW, "fail"),
        (attrs.evolve(FINE, longest_hole_ms=600.0), LOW, "warn"),
        (FINE, Peaks(0.3, 0), "fail"),
        (FINE, Peaks(-1.0, 3), "fail"),
        (LevelProfile(-70, -14, reason="silent"), LOW, "not measurable"),
    ],
)
def test_level(profile, peaks, verdict):
    assert level(profile, peaks, 476.0).verdict == verdict


@pytest.mark.parametrize(("silence_ms", "verdict"), [(400, "pass"), (700, "warn"), (1100, "fail")])
def test_dead_air_of_two_beats_fails(silence_ms, verdict):
    assert level(FINE, LOW, 500.0, silence_ms).verdict == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (Placement(2.0, 20.0, 0.0), "pass"),
        (Placement(-9.0, 20.0, 0.0), "pass"),
        (Placement(4.0, 20.0, 0.0), "warn"),
        (Placement(12.0, 20.0, 0.0), "fail"),
        (Placement(0.0, 60.0, 0.0), "warn"),
        (Placement(0.0, 0.0, 100.0), "fail"),
        (Placement(None, 0.0, 0.0, "too short"), "not measurable"),
        (Placement(2.0, None, None), "pass"),
    ],
)
def test_placement(found, verdict):
    gate = placed(found)
    assert gate.verdict == verdict
    assert found.reason in gate.why


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ("pass", "pass", []),
        ("fail", "warn", []),
        ("not measurable", "pass", []),
        ("pass", "not measurable", ["gate level pass to not measurable"]),
        ("warn", "fail", ["gate level warn to fail"]),
    ],
)
def test_a_gate_is_worse_by_its_verdict_alone(before, after, worse):
    same = Gate("aligned", "fail", "beats 30.0 ms apart")
    old, new = (Gate("level", verdict, "") for verdict in (before, after))
    assert worse_gates((same, old), (same, new)) == worse


def test_a_gate_is_doubtful_unless_it_passes_or_nothing_could_be_measured():
    known, unknown = Limit(3.0, 10, 20, "{}"), Limit(None, 10, 20, "{}", "too few", required=True)
    assert not gate("aligned", [known]).is_doubtful
    assert gate("aligned", [Limit(15.0, 10, 20, "{}")]).is_doubtful
    assert gate("aligned", [known, unknown]).is_doubtful
    assert not gate("aligned", [unknown]).is_doubtful
