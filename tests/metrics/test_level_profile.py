"""Dips, bumps and holes of known depth and length."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.errors import InputError
from djtrans.metrics import level_profile

RATE = 22050
SECONDS = 24


def tone(gain_db: np.ndarray | float = 0.0) -> np.ndarray:
    time = np.arange(SECONDS * RATE) / RATE
    gain = 10 ** (np.broadcast_to(np.asarray(gain_db, dtype=float), time.shape) / 20)
    return (0.2 * gain * np.sin(2 * np.pi * 500 * time))[None]


def during(start: float, stop: float, db: float) -> np.ndarray:
    time = np.arange(SECONDS * RATE) / RATE
    return np.where((time >= start) & (time < stop), db, 0.0)


def test_a_steady_tone_has_nothing():
    found = level_profile(tone(), RATE)
    assert found.dip_lu == pytest.approx(0.0, abs=0.01)
    assert found.bump_lu == pytest.approx(0.0, abs=0.01)
    assert found.longest_hole_ms == 0.0


def test_the_way_from_one_loudness_to_another_is_no_fault():
    found = level_profile(tone(np.linspace(0.0, -6.0, SECONDS * RATE)), RATE)
    # The windows at the ends are centred 1.5 s inside.
    assert found.start_lufs - found.end_lufs == pytest.approx(6.0 * 21 / 24, abs=0.05)
    assert max(found.dip_lu, found.bump_lu) < 0.05


@pytest.mark.parametrize("db", [1.0, 2.5, 6.0])
def test_dip_and_bump_read_as_deep_as_they_are(db):
    dip = level_profile(tone(during(10, 14, -db)), RATE)
    assert dip.dip_lu == pytest.approx(db, abs=0.1)
    assert dip.bump_lu < 0.1
    bump = level_profile(tone(during(10, 14, db)), RATE)
    assert bump.bump_lu == pytest.approx(db, abs=0.1)
    assert bump.dip_lu < 0.1


def test_a_dip_shorter_than_the_window_reads_by_its_energy():
    found = level_profile(tone(during(12, 13, -60)), RATE)
    assert found.dip_lu == pytest.approx(-10 * np.log10(2 / 3), abs=0.1)


@pytest.mark.parametrize("length_ms", [120, 500, 1500])
def test_a_hole_is_as_long_as_it_is(length_ms):
    found = level_profile(tone(during(12, 12 + length_ms / 1000, -40)), RATE)
    # Windows that touch the sound at either edge are up to 10 % of 50 ms from being low.
    assert found.longest_hole_ms == pytest.approx(length_ms, abs=12)


def test_what_is_less_than_ten_db_down_is_no_hole():
    assert level_profile(tone(during(10, 14, -9)), RATE).longest_hole_ms == 0.0


def test_a_short_mix_is_refused():
    with pytest.raises(InputError, match="two windows of 3 s"):
        level_profile(tone()[:, : 5 * RATE], RATE)
    assert level_profile(tone()[:, : 5 * RATE], RATE, window_seconds=1.0).dip_lu < 0.05


def test_silence_at_an_end_leaves_nothing_to_compare_with():
    mix = tone()
    mix[:, 20 * RATE :] = 0.0
    found = level_profile(mix, RATE)
    assert (found.dip_lu, found.bump_lu, found.longest_hole_ms) == (None, None, None)
    assert "end" in found.reason


def test_silence_in_the_middle_is_a_dip_to_the_gate():
    mix = tone()
    mix[:, 8 * RATE : 16 * RATE] = 0.0
    found = level_profile(mix, RATE)
    assert found.dip_lu == pytest.approx(found.start_lufs + 70.0, abs=0.1)
    assert found.longest_hole_ms == pytest.approx(8000, abs=12)


def test_where_both_tracks_are_quiet_quiet_is_no_dip():
    rest = tone(during(10, 14, -6))
    assert level_profile(rest, RATE).dip_lu == pytest.approx(6.0, abs=0.1)
    assert level_profile(rest, RATE, solo_a=rest, solo_b=rest).dip_lu < 0.05
    # One of them goes on: it could have carried the mix.
    found = level_profile(rest, RATE, solo_a=rest, solo_b=tone())
    assert found.dip_lu == pytest.approx(6.0, abs=0.1)


def test_what_a_track_does_itself_is_no_bump():
    drop = tone(during(10, 14, 4))
    assert level_profile(drop, RATE).bump_lu == pytest.approx(4.0, abs=0.1)
    assert level_profile(drop, RATE, solo_a=tone(), solo_b=drop).bump_lu < 0.05


def test_a_hole_of_the_music_is_not_the_mixs():
    gap = tone(during(12, 13, -40))
    assert level_profile(gap, RATE).longest_hole_ms == pytest.approx(1000, abs=12)
    own = level_profile(gap, RATE, solo_a=gap, solo_b=gap).longest_hole_ms
    # At its edges the tracks' 0.4 s still reach into sound.
    assert own < 400
    found = level_profile(gap, RATE, solo_a=tone(), solo_b=gap)
    assert found.longest_hole_ms == pytest.approx(1000, abs=12)


def test_a_quiet_end_of_b_is_no_standard_for_the_window():
    """Both tracks are loud until A ends and B's break follows, where the window ends."""
    rest, gone = tone(during(20, 24, -12)), tone(during(18, 24, -60))
    dropped = tone(during(8, 14, -5) + during(20, 24, -12))
    found = level_profile(dropped, RATE, solo_a=gone, solo_b=rest)
    assert found.dip_lu == pytest.approx(5.0, abs=0.1)
    # The line alone falls towards the break.
    assert level_profile(dropped, RATE).dip_lu < 4.5
    # The break itself is B's, and A has ended: it is no dip of the mix.
    assert level_profile(rest, RATE, solo_a=gone, solo_b=rest).dip_lu < 0.3
    # A goes on: it could have carried the mix.
    found = level_profile(rest, RATE, solo_a=tone(), solo_b=rest)
    assert found.dip_lu == pytest.approx(12.0, abs=0.1)
