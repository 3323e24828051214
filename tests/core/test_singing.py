"""Rests of a voice, from levels that are made up beat by beat."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import torch

from djtrans.assembly import mixer_layout
from djtrans.core.drawing import DrawRequest
from djtrans.core.features import TrackFeatures
from djtrans.core.singing import nearest_rest, rests, silent_frames

LAYOUT = mixer_layout()
STEMS = ("drums", "bass", "vocals", "other")


def features(sung, rate=2, level_db=-20.0, rest_db=-90.0, stems=STEMS):
    """Stems at -20 dB; the voice sings where `sung`, a string of a character a frame, has an x."""
    levels = torch.full((len(sung), len(stems), 3), -20.0)
    if "vocals" in stems:
        voice = torch.tensor([level_db if frame == "x" else rest_db for frame in sung])
        levels[:, stems.index("vocals")] = voice[:, None]
    beat_times = torch.arange(len(sung) // rate + 1, dtype=torch.float64) / 2
    return TrackFeatures(
        bpm=120.0,
        beat_times=beat_times,
        level_db=levels,
        onset=torch.zeros(levels.shape[:2]),
        vocal=torch.zeros(len(sung)),
        reference_db=-20.0,
        stem_names=stems,
        frames_per_beat=rate,
    )


def asked(sung, rate=2, track="a", **kwargs):
    found = features(sung, rate, **kwargs)
    sides = {f"features_{track}": found}
    return DrawRequest(LAYOUT, len(sung), 4, frames_per_beat=rate, **sides)


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
    for request in (asked("xx..xx..", stems=("drums", "other")), DrawRequest(LAYOUT, 8, 4)):
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
