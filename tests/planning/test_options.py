"""Options of the planner, and errors for those that are not allowed."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from djtrans.core.errors import ConfigError, InputError
from djtrans.planning.options import PlanOptions, nearest_bars


@given(st.floats(0.5, 300), st.floats(60, 200))
def test_the_nearest_length_is_nearest(duration, bpm):
    bar = 240 / bpm
    chosen = nearest_bars(duration, bpm)
    others = (1, 2, 4, 8, 16, 24, 32, 48, 64)
    assert abs(chosen * bar - duration) <= min(abs(n * bar - duration) for n in others) + 1e-9


def test_a_duration_must_be_positive():
    with pytest.raises(InputError, match="more than 0"):
        nearest_bars(0.0, 120.0)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"cue_a_seconds": 1.0, "swap_a_seconds": 9.0}, "Both the cue and the swap of A"),
        ({"cue_b_seconds": 1.0, "swap_b_seconds": 9.0}, "Both the cue and the swap of B"),
        ({"tempo": "fast"}, "give auto, a, b, ramp, or a tempo of 30 to 300 BPM"),
        ({"tempo": "12"}, "'12' is not allowed"),
        ({"tempo": "nan"}, "'nan' is not allowed"),
        ({"shift_beats": 4}, "give 0, 1, 2 or 3"),
        ({"key_shift": 7}, "give -6 to 6 semitones"),
        ({"nudge_ms": 1000.0}, "give -500 to 500 ms"),
        ({"bars": 5}, "give 1, 2, 4"),
        ({"stretch_limit": 0.9}, "give 0 to 0.5"),
    ],
)
def test_what_is_not_allowed_is_said(options, match):
    with pytest.raises(InputError, match=match):
        PlanOptions(**options)


def test_a_tempo_may_be_a_word_or_a_number():
    assert PlanOptions(tempo="ramp").bpm is None
    assert PlanOptions(tempo="124.5").bpm == 124.5


def test_frames_per_beat_are_those_of_the_page():
    assert [PlanOptions(frames_per_beat=n).frames_per_beat for n in (2, 4, 8)] == [2, 4, 8]
    for other in (1, 3, 9, 16):
        with pytest.raises(ConfigError, match="choose one of 2, 4, 8"):
            PlanOptions(frames_per_beat=other)
