"""Vocal rests of features with chosen levels on each beat."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.vocal_rests import limit_vocal_fades, nearest_rest, rests, silent_frames
from djtrans.mixer.resolve import mixer_layout
from tests.helpers.features import features

LAYOUT = mixer_layout()


def asked(sung, rate=2, track="a", **kwargs):
    found = features(sung, rate, **kwargs)
    sides = {f"features_{track}": found}
    return CurveRequest(LAYOUT, len(sung), 4, frames_per_beat=rate, **sides)


def test_a_stem_that_others_leak_into_says_nothing_of_the_voice():
    request = asked("xxxx.xxxx....xxxxxxx")
    leaky = attrs.evolve(request.features_a, isolated=False)
    assert rests(request, "a") is not None
    assert rests(attrs.evolve(request, features_a=leaky), "a") is None


@pytest.mark.parametrize("track", ["a", "b"])
def test_a_rest_of_a_beat_counts_but_for_its_first_frame(track):
    #                     a breath     a rest
    found = rests(asked("xxxx.xxxx....xxxxxxx", track=track), track)
    assert np.flatnonzero(found).tolist() == [10, 11, 12]


def test_a_rest_at_an_end_of_the_window_may_go_on_outside():
    assert np.flatnonzero(rests(asked(".xxxxxx."), "a")).tolist() == [0]
    assert np.flatnonzero(rests(asked("xxxxxx.."), "a")).tolist() == [7]


def test_a_finer_grid_needs_more_frames_for_the_same_rest():
    assert not rests(asked("xxxx......xxxxxx", rate=8), "a").any()
    assert rests(asked("xxxx........xxxx", rate=8), "a").sum() == 7


def test_a_silent_voice_has_no_line_and_one_that_sings_on_no_rest():
    assert rests(asked("........"), "a") is None
    assert not rests(asked("xxxxxxxx"), "a").any()
    # Other sounds in the stem, 20 dB under the track, are no rest; 30 dB under it are.
    assert not rests(asked("xxxx....xxxx", rest_db=-35.0), "a").any()
    assert rests(asked("xxxx....xxxx", rest_db=-45.0), "a").any()


def test_nothing_is_known_without_features_or_without_a_voice():
    for request in (asked("xx..xx..", stems=("drums", "other")), CurveRequest(LAYOUT, 8, 4)):
        assert silent_frames(request, "a") is None
        assert rests(request, "a") is None
        assert nearest_rest(request, "a", 2.0, 0.0, 4.0) is None


def test_the_nearest_rest_lies_between_the_limits():
    request = asked("xxxx....xxxxxxxx....xxxx")  # rests on beats 2.5 to 3.5 and 8.5 to 9.5
    assert nearest_rest(request, "a", 5.0, 0.0, 12.0) == 3.5
    assert nearest_rest(request, "a", 7.0, 0.0, 12.0) == 8.5
    assert nearest_rest(request, "a", 7.0, 0.0, 7.0) == 3.5
    assert nearest_rest(request, "a", 3.0, 0.0, 12.0) == 3.0
    assert nearest_rest(request, "a", 5.0, 4.0, 8.0) is None


VOICES = {track: LAYOUT.index(f"{track}/vocals/fader/gain") for track in "ab"}


def drawn(request, track, gains):
    values = torch.tensor(LAYOUT.neutral).repeat(request.n_frames, 1)
    values[:, VOICES[track]] = torch.tensor(gains)
    return values


def spared(sung, gains, track="a"):
    request = asked(sung, track=track)
    return limit_vocal_fades(drawn(request, track, gains), request)[:, VOICES[track]].tolist()


def test_a_fader_that_closes_or_opens_amid_a_line_takes_two_beats():
    step = [1.0] * 8 + [0.0] * 8
    assert spared("x" * 16, step) == [1.0] * 5 + [0.75, 0.5, 0.25] + [0.0] * 8
    assert spared("x" * 16, step[::-1]) == [0.0] * 8 + [0.25, 0.5, 0.75] + [1.0] * 5
    assert spared("x" * 16, step[::-1], "b") == [0.0] * 8 + [0.25, 0.5, 0.75] + [1.0] * 5


def test_a_fader_may_jump_in_a_rest_and_where_nothing_is_known():
    step = [1.0] * 8 + [0.0] * 8
    assert spared("xxxxxxx..xxxxxxx", step) == step
    assert spared("xxxxxxxx.xxxxxxx", step) != step  # a breath
    assert spared("." * 16, step) == step
    request = asked("x" * 16)
    leaky = attrs.evolve(request, features_a=attrs.evolve(request.features_a, isolated=False))
    values = drawn(leaky, "a", step)
    assert torch.equal(limit_vocal_fades(values, leaky), values)


def test_what_is_slow_enough_and_what_is_no_voice_stay_as_drawn():
    request = asked("x" * 16)
    values = drawn(request, "a", np.linspace(1.0, 0.0, 16).tolist())
    values[8:, LAYOUT.index("a/drums/fader/gain")] = 0.0
    assert torch.equal(limit_vocal_fades(values, request), values)


@given(
    st.lists(st.sampled_from("x."), min_size=16, max_size=16),
    st.lists(st.floats(0.0, 1.0, width=32), min_size=16, max_size=16),
)
def test_nothing_is_raised_and_twice_is_as_once(sung, gains):
    request = asked("".join(sung))
    values = drawn(request, "a", gains)
    once = limit_vocal_fades(values, request)
    assert (once <= values).all()
    assert torch.equal(limit_vocal_fades(once, request), once)
    free = rests(request, "a")
    if free is not None:
        change = np.abs(np.diff(once[:, VOICES["a"]].numpy()))
        assert (change[~free[1:]] <= 0.25 + 1e-6).all()
