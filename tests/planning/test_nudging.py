"""B is moved by what was measured, and everything of it on the timeline with it."""

from __future__ import annotations

import pytest

from djtrans.core.transition.plan import clock_seconds, track_seconds
from djtrans.metrics.beat_offset import BeatOffset
from djtrans.planning.nudging import delayed, nudged


def offset(mean, spread=1.0, windows=20):
    return BeatOffset(tuple(range(windows)), (mean,) * windows, mean, spread, abs(mean))


@pytest.mark.parametrize("mean", [12.0, -17.0])
def test_b_is_moved_against_its_offset(analysis, plan, mean):
    made = plan(analysis(), analysis(bpm=123.0))
    moved = nudged(made, offset(mean))
    assert moved.a == made.a
    for seconds in (40.0, 60.5, 100.0):
        was, now = (clock_seconds(side.warp, seconds) for side in (made.b, moved.b))
        assert 1000.0 * (now - was) == pytest.approx(-mean)
    late = "late" if mean > 0 else "early"
    assert f"{abs(mean):.0f} ms {late}" in moved.reasons[-1]


def test_all_that_is_on_the_timeline_moves_along(analysis, plan):
    side = plan(analysis(), analysis(bpm=123.0)).b
    later = delayed(side, 0.02)
    assert later.cue_seconds == pytest.approx(track_seconds(later.warp, 0.0))
    assert [b - a for a, b in zip(side.phrase_lines, later.phrase_lines, strict=True)] == (
        pytest.approx([0.02] * len(side.phrase_lines))
    )
    assert later.sections[3 - 1].stop == pytest.approx(side.sections[3 - 1].stop + 0.02)
    assert delayed(later, -0.02).cue_seconds == pytest.approx(side.cue_seconds)


@pytest.mark.parametrize(
    "measured",
    [
        offset(3.0),  # as between different drums
        offset(45.0),  # another beat
        offset(12.0, spread=9.0),  # no common beat
        offset(12.0, windows=5),
        BeatOffset(reason="no clear onsets"),
    ],
)
def test_what_is_small_large_or_unsteady_is_left(analysis, plan, measured):
    made = plan(analysis(), analysis())
    assert nudged(made, measured) is made
