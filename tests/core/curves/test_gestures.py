"""Gestures, frame by frame."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.curves.gestures import (
    cutoff,
    equal_power,
    exchange_band,
    exchange_lows,
    exchange_vocals,
    step_in,
    step_out,
    window_beats,
)
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.errors import InputError
from djtrans.mixer.resolve import mixer_layout
from tests.helpers.features import features

LAYOUT = mixer_layout()
REQUEST = CurveRequest(LAYOUT, 16, swap_beat=4)


def fader(sheet, track, stem):
    return sheet.read(f"{track}/{stem}/fader/gain")[:, 0].tolist()


@pytest.mark.parametrize(("hz", "x"), [(20.0, 0.0), (20000.0, 1.0), (632.4555, 0.5)])
def test_a_cutoff_is_even_in_octaves(hz, x):
    assert cutoff(hz) == pytest.approx(x, abs=1e-6)


def test_the_window_tells_bar_swap_and_end_and_refuses_a_swap_without_a_bar_around_it():
    assert window_beats(REQUEST) == (4.0, 4.0, 8.0)
    for swap in (0, 3, 5, 8):
        with pytest.raises(InputError, match=f"beat {swap} of a window of 8; .* whole bar"):
            window_beats(attrs.evolve(REQUEST, swap_beat=swap))


def test_equal_power_sums_to_one_and_is_done_on_the_beat():
    falling, rising = equal_power(CurveSheet(REQUEST), 2.0, 6.0)
    assert np.allclose(falling**2 + rising**2, 1.0)
    assert rising[[0, 4, 12, 15]].tolist() == pytest.approx([0, 0, 1, 1])
    assert rising[8] == pytest.approx(np.sqrt(0.5))


def test_lows_have_one_owner_however_often_they_change():
    sheet = CurveSheet(REQUEST)
    exchange_lows(sheet, 2, 4, 6)
    a, b = sheet.read("a/bass/eq/low")[:, 0], sheet.read("b/drums/eq/low")[:, 0]
    assert a.tolist() == [1.0] * 4 + [0.0] * 4 + [1.0] * 4 + [0.0] * 4
    assert (a + b).tolist() == [1.0] * 16


def test_a_band_that_is_down_stays_at_its_least():
    sheet = CurveSheet(REQUEST)
    exchange_band(sheet, "mid", 0, 4, least=0.1)
    a, b = sheet.read("a/other/eq/mid")[:, 0], sheet.read("b/other/eq/mid")[:, 0]
    assert a[0] == b[8] == 1.0
    assert b[0] == pytest.approx(0.1)
    assert np.allclose(a[8:], 0.1)
    assert np.allclose(a[1:7] ** 2 + b[1:7] ** 2, 1.0)


def test_without_features_a_voice_goes_and_comes_with_its_track():
    sheet = CurveSheet(REQUEST)
    step_out(sheet, 4)
    step_in(sheet, 4)
    for stem in ("drums", "vocals"):
        assert fader(sheet, "a", stem) == [1.0] * 8 + [0.0] * 8
        assert fader(sheet, "b", stem) == [0.0] * 8 + [1.0] * 8


def test_a_line_that_ends_early_or_late_is_left_whole():
    early = attrs.evolve(REQUEST, features_a=features("xxxx..xxxxxxxxxx"))
    sheet = CurveSheet(early)
    step_out(sheet, 4)
    assert fader(sheet, "a", "other") == [1.0] * 8 + [0.0] * 8
    assert fader(sheet, "a", "vocals") == [1.0] * 5 + [0.0] * 11
    late = attrs.evolve(REQUEST, features_a=features("xxxxxxxxx..xxxxx"))
    sheet = CurveSheet(late)
    step_out(sheet, 4)
    assert fader(sheet, "a", "vocals") == [1.0] * 10 + [0.0] * 6


def test_a_pickup_is_let_in_and_a_line_that_is_sung_is_waited_for():
    sheet = CurveSheet(attrs.evolve(REQUEST, features_b=features(".......xxxxxxxxx")))
    step_in(sheet, 4)
    assert fader(sheet, "b", "drums") == [0.0] * 8 + [1.0] * 8
    assert fader(sheet, "b", "vocals") == [0.0] * 6 + [1.0] * 10
    sheet = CurveSheet(attrs.evolve(REQUEST, features_b=features("xxxxxxxxxx..xxxx")))
    step_in(sheet, 4)
    assert fader(sheet, "b", "vocals") == [0.0] * 11 + [1.0] * 5


def test_a_voice_that_never_rests_near_the_line_fades_over_two_beats():
    request = attrs.evolve(
        REQUEST, features_a=features("xxxxxxxxxxxxx..."), features_b=features("...xxxxxxxxxxxxx")
    )
    sheet = CurveSheet(request)
    step_out(sheet, 4)
    step_in(sheet, 4)
    assert fader(sheet, "a", "vocals") == [1.0] * 5 + [0.75, 0.5, 0.25] + [0.0] * 8
    assert fader(sheet, "b", "vocals") == [0.0] * 9 + [0.25, 0.5, 0.75] + [1.0] * 4
    assert fader(sheet, "a", "bass") == [1.0] * 8 + [0.0] * 8


def test_only_one_of_two_singers_is_left_and_nothing_else_is_touched():
    request = attrs.evolve(
        REQUEST, features_a=features("xxxxxx..xxxxxx.."), features_b=features("xxxxxxxxxx..xxxx")
    )
    sheet = CurveSheet(request)
    before = sheet.values
    exchange_vocals(sheet, 4, 7)
    assert fader(sheet, "a", "vocals") == [1.0] * 7 + [0.0] * 9
    assert fader(sheet, "b", "vocals") == [0.0] * 11 + [1.0] * 5
    others = [row.index for row in LAYOUT.rows if row.stem != "vocals" or row.node != "fader"]
    assert (sheet.values[:, others] == before[:, others]).all()


def test_both_voices_change_in_rests_that_lie_together():
    #    A rests on beats 1.5 and 5.5, B on beats 2 and 2.5: what lies nearest to beat 4 is A's
    #    second rest, but after that B never rests again.
    request = attrs.evolve(
        REQUEST, features_a=features("xx..xxxxxx..xxxx"), features_b=features("xxx...xxxxxxxxxx")
    )
    sheet = CurveSheet(request)
    exchange_vocals(sheet, 4, 7)
    assert fader(sheet, "a", "vocals") == [1.0] * 3 + [0.0] * 13
    assert fader(sheet, "b", "vocals") == [0.0] * 4 + [1.0] * 12


def test_a_voice_that_never_rests_again_is_let_in_over_two_beats():
    request = attrs.evolve(
        REQUEST, features_a=features("xxxxxx..xxxxxx.."), features_b=features("xxxxxxxxxxxxxxxx")
    )
    sheet = CurveSheet(request)
    exchange_vocals(sheet, 4, 7)
    assert fader(sheet, "a", "vocals") == [1.0] * 7 + [0.0] * 9
    assert fader(sheet, "b", "vocals") == [0.0] * 8 + [0.25, 0.5, 0.75] + [1.0] * 5


def test_a_single_singer_is_left_alone():
    sheet = CurveSheet(attrs.evolve(REQUEST, features_a=features("xxxxxx..xxxxxx..")))
    before = sheet.values
    exchange_vocals(sheet, 4, 7)
    assert (sheet.values == before).all()
