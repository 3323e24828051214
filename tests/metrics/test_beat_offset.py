"""Offsets are found to the millisecond, whatever the drums sound like, and never made up."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.errors import InputError, ShapeError
from djtrans.metrics import beat_offset

RATE = 44100
BIAS_MS = 3.0  # between kicks of different make, see docs/metrics.md


@pytest.mark.parametrize("kick", ["long", "hard", "short"])
def test_a_track_against_itself_has_no_offset(loop, without_lows, beat_times, kick):
    audio = loop(kick)
    assert beat_offset(audio, audio, RATE, beat_times).p95_ms < 0.1
    swapped = beat_offset(without_lows(audio), audio, RATE, beat_times)
    assert swapped.p95_ms < 0.5
    assert swapped.windows == len(beat_times)


@pytest.mark.parametrize("late_ms", [0.0, 5.0, 12.0, 30.0, -30.0])
def test_a_deliberate_offset_is_read_back_from_other_drums(loop, beat_times, without_lows, late_ms):
    a = without_lows(loop("hard", "sixteenths"))
    b = loop("short", "off", late_ms, seed=1)
    found = beat_offset(a, b, RATE, beat_times)
    assert found.mean_ms == pytest.approx(late_ms, abs=BIAS_MS)
    assert found.p95_ms == pytest.approx(abs(late_ms), abs=BIAS_MS)
    on_time = beat_offset(a, loop("short", "off", 0.0, seed=1), RATE, beat_times)
    # Against its own zero the bias is gone.
    assert found.mean_ms - on_time.mean_ms == pytest.approx(late_ms, abs=0.2)


@pytest.mark.parametrize("kicks", [("long", "hard"), ("long", "short"), ("hard", "short")])
def test_the_bias_between_kicks_is_small_and_turns_with_the_tracks(loop, beat_times, kicks):
    a, b = loop(kicks[0], seed=2), loop(kicks[1], seed=3)
    forth = beat_offset(a, b, RATE, beat_times).mean_ms
    back = beat_offset(b, a, RATE, beat_times).mean_ms
    assert abs(forth) < BIAS_MS
    assert forth == pytest.approx(-back, abs=0.3)


def test_faders_do_not_move_it(loop, beat_times):
    a, b = loop("hard"), loop("short", late_ms=8.0, seed=4)
    fade = np.linspace(1.0, 0.05, a.shape[-1])
    faded = beat_offset(a * fade, b * fade[::-1], RATE, beat_times)
    assert faded.mean_ms == pytest.approx(beat_offset(a, b, RATE, beat_times).mean_ms, abs=0.3)


def test_off_beat_hats_are_not_half_a_beat_of_offset(loop, beat_times):
    found = beat_offset(loop("hard", "none"), loop(None, "off"), RATE, beat_times)
    assert found.mean_ms is None
    assert "no clear onsets" in found.reason


def test_sixteenths_are_not_a_quarter_beat_of_offset(loop, beat_times):
    found = beat_offset(loop(None, "sixteenths"), loop("long", "none", 20.0), RATE, beat_times)
    assert found.mean_ms == pytest.approx(20.0, abs=BIAS_MS)


def test_the_clock_only_says_where_to_look(loop, beat_times):
    a, b = loop("hard"), loop("short", late_ms=12.0, seed=1)
    right = beat_offset(a, b, RATE, beat_times).mean_ms
    assert beat_offset(a, b, RATE, beat_times + 0.02).mean_ms == pytest.approx(right, abs=0.3)


def test_drift_shows_in_the_windows(loop, beat_times):
    a = loop("hard")
    time = np.arange(a.shape[-1]) / RATE
    # B runs 0.2 % slow from the first beat on: 2 ms more with each second.
    slow = np.interp((time - 0.5) / 1.002 + 0.5, time, a[0])[None]
    found = beat_offset(a, slow, RATE, beat_times)
    expected = 2.0 * (beat_times[list(found.beats)] - 0.5)
    assert np.allclose(found.offsets_ms[2:-2], expected[2:-2], atol=0.5)
    assert found.spread_ms > 1.0


@pytest.mark.parametrize("b", ["silence", "noise", "tone", "faint"])
def test_what_cannot_be_measured_is_not(loop, beat_times, b):
    a = loop("hard")
    rng = np.random.default_rng(0)
    time = np.arange(a.shape[-1]) / RATE
    audio = {
        "silence": np.zeros_like(a),
        "noise": 0.1 * rng.standard_normal(a.shape),
        "tone": 0.1 * np.sin(2 * np.pi * 220 * time)[None],
        "faint": loop("hard") * 1e-2,
    }[b]
    found = beat_offset(a, audio, RATE, beat_times)
    assert (found.mean_ms, found.p95_ms, found.windows) == (None, None, 0)
    assert found.reason


def test_unrelated_rhythms_betray_themselves_by_the_spread(loop, beat_times):
    rng = np.random.default_rng(1)
    b = np.zeros_like(loop("hard"))
    click = rng.standard_normal(900) * np.exp(-np.arange(900) / 200)
    for start in rng.integers(0, b.shape[-1] - 900, 40):
        b[0, start : start + 900] += click
    found = beat_offset(loop("hard"), b, RATE, beat_times)
    assert found.mean_ms is None or found.spread_ms > 10.0


def test_real_music_without_its_lows_against_itself(shared_tracks, without_lows):
    path = shared_tracks / "EsoXLB-CPU.ogg"
    if not path.exists():
        pytest.skip(f"{path.name} is not among the tracks")
    import soundfile

    audio, rate = soundfile.read(path, start=60 * RATE, frames=9 * RATE, always_2d=True)
    assert rate == RATE
    a = audio.T
    late = np.roll(a, round(0.012 * RATE), axis=-1)
    clock = 60 / 128 * np.arange(20)  # 60 s are 128 beats
    found = beat_offset(without_lows(a), late, RATE, clock[1:-1])
    assert found.mean_ms == pytest.approx(12.0, abs=0.3)
    assert found.spread_ms < 0.3


def test_bad_input_is_named(loop, beat_times):
    a = loop("hard")
    with pytest.raises(ShapeError, match="contribution_b"):
        beat_offset(a, a[:, :-1], RATE, beat_times)
    with pytest.raises(InputError, match="increasing"):
        beat_offset(a, a, RATE, beat_times[::-1])
    with pytest.raises(InputError, match="NaN"):
        beat_offset(a * np.nan, a, RATE, beat_times)
    with pytest.raises(InputError, match="8000"):
        beat_offset(a, a, 4000, beat_times)
