"""Loudness before and after a swap at a known place, and music that is left out."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.metrics import MetricInputs, TrackFacts
from djtrans.metrics.placement import placement

RATE, BAR = 22050, 2.0
BEATS = 20.0 + 0.5 * np.arange(33)  # 8 bars from 20 s on, the swap after 4
SWAP = 28.0


def inputs(after_db, seconds=60, **facts):
    time = np.arange(seconds * RATE) / RATE
    tone = 0.1 * np.sin(2 * np.pi * 440 * time)[None]
    mix = tone * np.where(time < SWAP, 1.0, 10 ** (after_db / 20))
    silent = np.zeros_like(mix)
    return MetricInputs(
        mix=mix,
        a=mix,
        b=silent,
        solo_a=tone,
        solo_b=tone,
        sample_rate=RATE,
        beat_times=BEATS,
        swap_beat=16,
        **facts,
    )


@pytest.mark.parametrize(("after_db", "drop"), [(-18.0, 18.0), (-6.0, 6.0), (0.0, 0.0), (4.0, 0.0)])
def test_the_drop_is_the_fall_of_the_level_at_the_swap(after_db, drop):
    assert placement(inputs(after_db)).arrival_drop_lu == pytest.approx(drop, abs=0.02)


def test_what_is_more_than_eight_bars_away_does_not_count():
    given = inputs(0.0)
    mix = given.mix.copy()
    for start, stop in ((0.0, SWAP - 8 * BAR), (SWAP + 8 * BAR, 60.0)):
        mix[:, round(start * RATE) : round(stop * RATE)] = 0.0
    found = placement(attrs.evolve(given, mix=mix, solo_a=mix))
    assert found.arrival_drop_lu == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(("before_db", "drop"), [(-12.0, 6.0), (0.0, 6.0), (2.0, 8.0)])
def test_a_dip_before_the_swap_hides_no_drop_after_it(before_db, drop):
    given = inputs(-6.0)
    mix = given.mix.copy()
    mix[:, : round(SWAP * RATE)] *= 10 ** (before_db / 20)
    found = placement(attrs.evolve(given, mix=mix))
    assert found.arrival_drop_lu == pytest.approx(drop, abs=0.02)


def test_silence_after_the_swap_is_a_drop_to_the_gate():
    found = placement(inputs(-200.0))
    assert found.arrival_drop_lu > 40.0


def test_too_little_context_is_not_compared():
    found = placement(inputs(-6.0, seconds=30))
    assert found.arrival_drop_lu is None
    assert "less than 2 bars before or after the swap" in found.reason
    assert placement(attrs.evolve(inputs(-6.0), swap_beat=None)).reason == "the swap is not known"


def test_music_that_is_left_out():
    found = placement(
        inputs(
            0.0, track_a=TrackFacts(music=(-100.0, 90.0)), track_b=TrackFacts(music=(5.0, 300.0))
        )
    )
    assert found.unplayed_a_seconds == pytest.approx(90.0 - BEATS[-1])
    assert found.skipped_b_seconds == pytest.approx(15.0)
    none_left = placement(inputs(0.0, track_a=TrackFacts(music=(-100.0, 30.0))))
    assert (none_left.unplayed_a_seconds, none_left.skipped_b_seconds) == (0.0, None)
