"""Warping: beats arrive at the times of the map, at any rate and in any window."""

import math
from itertools import accumulate, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.audio.warping import (
    SEARCH_SECONDS,
    STRAIGHT_SECONDS,
    TOLERANCE_SECONDS,
    pieces,
    warp,
)
from djtrans.core.errors import InputError
from djtrans.core.transition.plan import clock_seconds
from djtrans.metrics.clicks import clicks

RATE = 44100


def ramp(first, last, bars, bar_seconds=2.0, start=2.0):
    """A map with a point on every bar, the rates evenly spread; the ends go on as they are."""
    rates = np.linspace(first, last, bars)
    clocks = [0.0, *accumulate(bar_seconds / rates)]
    points = [(float(c), start + bar_seconds * i) for i, c in enumerate(clocks)]
    before = (-1.0, start - first)
    after = (points[-1][0] + 1.0, points[-1][1] + last)
    return (before, *points, after)


def noise(seconds, channels=2):
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(channels, int(seconds * RATE), generator=generator)


# --- one rate ----------------------------------------------------------------------------------


@settings(max_examples=50)
@given(
    offset=st.integers(-3000, 3000),
    start=st.integers(-3000, 5000),
    length=st.integers(1, 4000),
)
def test_rate_one_is_a_slice(offset, start, length):
    audio = torch.arange(1.0, 2001.0)[None]
    clock = 1.25
    points = ((clock, clock + offset / 1000), (clock + 8, clock + 8 + offset / 1000))
    out = warp(audio, points, 1000, start / 1000, (start + length) / 1000)
    expected = [
        float(i + 1) if 0 <= i < 2000 else 0.0
        for i in range(start + offset, start + offset + length)
    ]
    assert out[0].tolist() == expected


@pytest.mark.parametrize("rate", [0.95, 1.06])
def test_a_kick_is_found_at_its_clock_time(kicks, rate):
    audio = kicks.track([1.0, 2.5, 4.0], 6.0)
    points = ((10.0, 1.0), (10.0 + 3.0 / rate, 4.0))
    begin = 9.5
    out = warp(audio, points, RATE, begin, 14.0)
    assert out.shape == (2, round(4.5 * RATE))
    for track in [1.0, 2.5] + [4.0] * (rate > 1):
        expected = 10.0 + (track - 1.0) / rate - begin
        assert abs(kicks.found(out, expected) - expected) < 0.0015


def test_windows_of_one_map_agree_in_time(kicks):
    audio = kicks.track([1.0, 2.0], 4.0)
    points = ((0.0, 0.0), (1.0, 1.04))
    whole = warp(audio, points, RATE, 0.0, 3.5)
    part = warp(audio, points, RATE, 0.5, 3.5)
    for second in (1.0, 2.0):
        at = second / 1.04
        assert abs(kicks.found(whole, at) - (kicks.found(part, at - 0.5) + 0.5)) < 0.001


def test_outside_of_the_track_is_exact_silence():
    audio = noise(2)
    points = ((1.0, 0.0), (2.0, 1.03))
    out = warp(audio, points, RATE, 0.0, 4.0)
    end = 1.0 + 2.0 / 1.03
    assert not out[:, : RATE - 1].any()
    assert not out[:, math.ceil(end * RATE) + 1 :].any()
    assert out[:, RATE + 500].abs().max() > 0
    for window in ((-3.0, -2.0), (10.0, 11.0)):
        assert not warp(audio, points, RATE, *window).any()


def test_edges_of_a_window_are_as_loud_as_its_middle():
    out = warp(noise(6), ((0.0, 0.0), (1.0, 1.05)), RATE, 1.0, 4.0)
    edge = round(0.05 * RATE)
    for part in (out[:, :edge], out[:, -edge:]):
        level = 20 * math.log10(float(part.square().mean().sqrt()) / 0.1)
        assert abs(level) < 1.5


def test_collinear_points_are_one_rate():
    audio = noise(1)
    two = warp(audio, ((0.0, 0.0), (0.8, 0.84)), RATE, 0.0, 0.5)
    three = warp(audio, ((0.0, 0.0), (0.4, 0.42), (0.8, 0.84)), RATE, 0.0, 0.5)
    assert torch.equal(two, three)


# --- a changing rate ---------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "last"), [(1.0, 1.06), (1.04, 0.97)])
def test_kicks_follow_a_ramp(kicks, first, last):
    times = np.arange(0.5, 15.5, 0.5)
    points = ramp(first, last, 6)
    out = warp(kicks.track(times, 16.0), points, RATE, -1.0, 13.0)
    expected = [clock_seconds(points, t) + 1.0 for t in times]
    errors = [kicks.found(out, e) - e for e in expected if 0.02 < e < 13.7]
    assert len(errors) > 25
    assert np.abs(errors).max() < 0.002


@pytest.mark.parametrize("semitones", [0.0, 1.0])
def test_every_window_of_a_ramp_has_the_same_samples(semitones):
    audio, points = noise(16), ramp(1.0, 1.06, 4)
    corners = [c for c, _ in points[2:-1]]
    whole = warp(audio, points, RATE, 0.0, 8.0, semitones=semitones)
    for start, stop in (
        (corners[0] + 0.1, corners[1] + 1.0),
        (corners[1] - 0.1, corners[1] + 0.1),
        (corners[1] - SEARCH_SECONDS, corners[1] - 0.1),
        (corners[0], corners[2] - SEARCH_SECONDS),
    ):
        part = warp(audio, points, RATE, start, stop, semitones=semitones)
        assert torch.equal(part, whole[:, round(start * RATE) : round(stop * RATE)])


def test_parts_at_rate_one_are_the_tracks_own_samples():
    audio = noise(20)
    points = ((-1.0, 1.0), (0.0, 2.0), (2.0, 4.04), (4.0, 6.04), (6.0, 8.1), (7.0, 9.1))
    out = warp(audio, points, RATE, -2.0, 9.0)
    for start, stop, lead in ((-2.0, -0.25, 2.0), (2.0, 3.75, 2.04), (6.0, 9.0, 2.1)):
        own = audio[:, round((start + lead) * RATE) :][:, : round((stop - start) * RATE)]
        assert torch.equal(out[:, round((start + 2) * RATE) : round((stop + 2) * RATE)], own)


@pytest.mark.parametrize("hz", [55.0, 440.0, 2000.0])
def test_joins_neither_dip_nor_click_on_a_tone(hz):
    """The worst case: nothing masks a tone, and its phase is whatever the passes made of it."""
    t = torch.arange(RATE * 18) / RATE
    audio = (0.5 * torch.sin(2 * torch.pi * hz * t))[None]
    points = ramp(1.0, 1.06, 6)
    out = warp(audio, points, RATE, 0.0, 11.0)
    frame = RATE // 50
    level = 10 * torch.log10(
        out[0, : out.shape[1] // frame * frame].reshape(-1, frame).square().mean(1)
    )
    assert float(level.min() - level.median()) > -1.5
    for corner in (c for c, _ in points[2:-2]):
        near = out[:, round((corner - 0.5) * RATE) : round((corner + 0.5) * RATE)].numpy()
        assert clicks(near, 0.0 * near, 0.0 * near, RATE) == ()


def test_runs_repeat():
    audio, points = noise(10), ramp(1.0, 1.05, 3)
    one, two = (warp(audio, points, RATE, 0.0, 6.0, semitones=-1.0) for _ in range(2))
    assert torch.equal(one, two)


def test_a_transposed_track_keeps_its_length_and_is_never_a_slice():
    audio = noise(4)
    points = ((0.0, 0.0), (1.0, 1.0))
    out = warp(audio, points, RATE, 0.0, 3.0, semitones=1.0)
    assert out.shape == (2, 3 * RATE)
    assert not torch.equal(out, audio[:, : 3 * RATE])


def test_bad_maps_and_windows_are_refused():
    audio = torch.zeros(2, 1000)
    with pytest.raises(InputError, match="out of range"):
        warp(audio, ((0, 0), (1, 1), (2, 5)), RATE, 0, 1)
    with pytest.raises(InputError, match="empty"):
        warp(audio, ((0, 0), (1, 1)), RATE, 1, 1)
    with pytest.raises(InputError, match="semitones"):
        warp(audio, ((0, 0), (1, 1)), RATE, 0, 1, semitones=20)


# --- the pieces of a map ------------------------------------------------------------------------


def tempo_ramp(beats, first, last, beat=0.5):
    """A map with a point on every beat of a linear ramp, and constant rates on either side."""
    rates = np.linspace(first, last, beats)
    clock = np.concatenate([[0.0], np.cumsum(beat / rates)])
    track = np.arange(beats + 1) * beat
    points = [(-4.0, -4.0 * first), *zip(clock, track, strict=True)]
    return [*points, (clock[-1] + 4.0, track[-1] + 4.0 * last)]


def track_at(course, clock):
    """Track time by the pieces."""
    piece = next(p for p in course if p.begin <= clock < p.end)
    return piece.track + (clock - piece.clock) * piece.rate


def test_a_line_is_one_piece_with_the_rate_from_end_to_end():
    points = [(0.0, 1.0), (1.0, 2.0300001), (2.0, 3.06)]
    (piece,) = pieces(points)
    assert (piece.begin, piece.end) == (-math.inf, math.inf)
    assert (piece.clock, piece.track, piece.rate) == (0.0, 1.0, pytest.approx(1.03, abs=1e-12))
    # A rate noisy from rounding over a short step is no change of rate.
    assert len(pieces([(0.0, 0.0), (1e-3, 1e-3 + STRAIGHT_SECONDS / 2), (9.0, 9.0)])) == 1


@pytest.mark.parametrize(("first", "last"), [(1.0, 1.06), (1.08, 0.95)])
def test_a_ramp_is_followed_within_the_tolerance_by_fewer_pieces(first, last):
    points = tempo_ramp(64, first, last)
    course = pieces(points)
    assert 5 < len(course) < 64
    for clock, track in points:
        assert abs(track_at(course, clock) - track) <= TOLERANCE_SECONDS
    assert all(a.end == b.begin for a, b in pairwise(course))


def test_the_rates_beyond_the_ends_are_exact():
    course = pieces(tempo_ramp(64, 1.0, 1.06))
    assert course[0].rate == pytest.approx(1.0, abs=1e-12)
    assert course[-1].rate == pytest.approx(1.06, abs=1e-12)


def test_rates_that_hardly_differ_are_one_piece():
    # 1e-4 from bar to bar, there and back.
    rates = [1.02, 1.03, 1.0301, 1.03, 1.0301, 1.03, 1.02]
    clock = np.concatenate([[0.0], np.cumsum(np.full(7, 2.0))])
    track = np.concatenate([[0.0], np.cumsum(2.0 * np.array(rates))])
    assert len(pieces(list(zip(clock, track, strict=True)))) == 3


@pytest.mark.parametrize(
    "points",
    [
        ((0, 0),),
        ((0, 0), (0, 1)),
        ((0, 1), (1, 0)),
        ((0, 0), (1, float("inf"))),
        "ab",
        ((0, 0), (1,)),
    ],
)
def test_what_is_no_map_is_refused(points):
    with pytest.raises(InputError, match="Time map"):
        pieces(points)
