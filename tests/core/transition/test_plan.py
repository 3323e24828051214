"""Plans: clock and beats, phrases and sections of the window, from hand-made numbers."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.transition.plan import ClockSection, Loop, TransitionPlan
from tests.helpers.plans import track_plan

SIDE = track_plan(
    warp=((0.0, 1.5), (2.0, 3.5), (4.0, 5.3)),
)
# Beats of different lengths; the last four at 60 beats per minute.
BEATS = (0.0, 0.25, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)


def plan(**changed) -> TransitionPlan:
    fields = {
        "technique": "djtrans/cut",
        "bars": 2,
        "swap_beat": 4,
        "beat_times": BEATS,
        "a": SIDE,
        "b": attrs.evolve(SIDE, swap_on_phrase=False),
        "key_distance": 0,
    }
    return TransitionPlan(**fields | changed)


def test_numbers_of_a_window():
    one = plan()
    assert (one.n_frames, one.window_seconds, one.swap_seconds) == (16, 6.0, 2.0)
    assert one.on_phrase == ("A",)
    assert list(one.sides) == [one.a, one.b]


@pytest.mark.parametrize(
    ("beat", "seconds"),
    [
        (0, 0.0),
        (0.5, 0.125),
        (1, 0.25),
        (1.5, 0.625),
        (4, 2.0),
        (4.5, 2.5),
        (8, 6.0),
        (-2, -0.5),
        (10, 8.0),
    ],
)
def test_beats_and_clock_are_inverse_and_extend_beyond_the_window(beat, seconds):
    assert plan().clock_of_beat(beat) == pytest.approx(seconds)
    assert plan().beat_of_clock(seconds) == pytest.approx(beat)


def test_stretch_is_that_of_the_segment_that_is_stretched_most():
    # 2 s of the track in 2 s, then 1.8 s in 2 s: slower by a tenth.
    assert SIDE.stretch_percent == pytest.approx(-10.0)
    faster = attrs.evolve(SIDE, warp=((0.0, 0.0), (1.0, 1.05)))
    assert faster.stretch_percent == pytest.approx(5.0)


def test_gain_is_linear():
    assert SIDE.gain == pytest.approx(10 ** (-6 / 20))


def test_a_loop_adds_its_repeats():
    loop = Loop(start_bar=4, bars=2, repeats=3, start_seconds=8.0, stop_seconds=11.5)
    assert loop.added_seconds == 10.5


def test_phrases_of_the_window_include_its_ends():
    lines = attrs.evolve(SIDE, phrase_lines=(-0.1, 0.0, 2.5, 6.0, 6.1))
    assert plan().phrase_beats(lines) == (0.0, 4.5, 8.0)


def test_sections_that_only_touch_the_window_are_left_out():
    sections = (
        ClockSection("before", -4.0, 0.0, -9.0),
        ClockSection("fill", -4.0, 0.25, -8.5),
        ClockSection("intro", 0.25, 2.0),
        ClockSection("drop", 2.0, 7.0, -7.0),
        ClockSection("after", 6.0, 9.0, -6.0),
    )
    found = plan().beat_sections(attrs.evolve(SIDE, sections=sections))
    assert [(s.label, s.level_db) for s in found] == [
        ("fill", -8.5),
        ("intro", 0.0),
        ("drop", -7.0),
    ]
    assert [attrs.astuple(s)[1:3] for s in found] == [(-16.0, 1.0), (1.0, 4.0), (4.0, 9.0)]
