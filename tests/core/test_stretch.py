import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.errors import InputError, ShapeError
from djtrans.core.stretch import ENGINE, stretch, warp

RATE = 44100
KICK_SECONDS = np.arange(0, 0.2, 1 / RATE)
KICK = np.exp(-KICK_SECONDS * 12) * np.sin(
    2 * np.pi * (50 * KICK_SECONDS + 2.5 * (1 - np.exp(-KICK_SECONDS * 60)))
)


def kicks(positions, seconds):
    audio = np.zeros(int(seconds * RATE), dtype=np.float32)
    for position in positions:
        audio[position : position + len(KICK)] += KICK
    return torch.from_numpy(audio).expand(2, -1).clone()


def found(audio, expected):
    """Where the kick nearest to a sample position correlates best."""
    low = round(expected) - 400
    segment = audio[0, low : low + 800 + len(KICK)].numpy()
    return low + int(np.argmax(np.correlate(segment, KICK, "valid")))


@pytest.mark.parametrize("ratio", [0.92, 0.97, 1.03, 1.08])
def test_kicks_land_where_they_belong(ratio):
    positions = [int((0.05 + 0.4137 * i) * RATE) for i in range(20)]
    out = stretch(kicks(positions, 9.0), ratio, RATE)
    assert out.shape == (2, round(9.0 * RATE * ratio))
    inside = [p for p in positions if p * ratio > 400 and (p * ratio + 10000) < out.shape[1]]
    errors = np.array([found(out, p * ratio) - p * ratio for p in inside]) / RATE * 1000
    assert np.abs(errors).max() < 2.0  # milliseconds
    assert abs(errors.mean()) < 1.0
    # No drift: the error does not grow along the audio.
    assert abs(np.polyfit(inside, errors, 1)[0]) * 9.0 * RATE < 1.0


def test_pitch_and_level_stay():
    t = torch.arange(RATE * 3) / RATE
    tone = (0.5 * torch.sin(2 * torch.pi * 441 * t)).expand(2, -1)
    out = stretch(tone, 1.05, RATE)[0, RATE : 2 * RATE]
    spectrum = torch.fft.rfft(out * torch.hann_window(RATE)).abs()
    assert int(spectrum.argmax()) == 441
    assert out.square().mean().sqrt() == pytest.approx(0.5 / math.sqrt(2), rel=0.01)


def test_ratio_one_is_the_input_and_runs_repeat():
    audio = torch.randn(2, RATE, generator=torch.Generator().manual_seed(0))
    assert torch.equal(stretch(audio, 1.0, RATE), audio)
    assert torch.equal(stretch(audio, 1.03, RATE), stretch(audio, 1.03, RATE))


def test_channels_stay_together():
    audio = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    out = stretch(audio.expand(2, -1), 0.97, RATE)
    assert torch.allclose(out[0], out[1], atol=1e-6)
    assert stretch(audio, 0.97, RATE).shape[0] == 1


# --- the clock ---------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
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
def test_a_kick_is_found_at_its_clock_time(rate):
    at = [1.0, 2.5, 4.0]
    audio = kicks([int(t * RATE) for t in at], 6.0)
    points = ((10.0, 1.0), (10.0 + 3.0 / rate, 4.0))
    begin = 9.5
    out = warp(audio, points, RATE, begin, 14.0)
    assert out.shape == (2, round(4.5 * RATE))
    for track in at[:2] + [4.0] * (rate > 1):
        expected = (10.0 + (track - 1.0) / rate - begin) * RATE
        assert abs(found(out, expected) - expected) < 0.0015 * RATE


def test_windows_of_one_map_agree_in_time():
    audio = kicks([RATE, 2 * RATE], 4.0)
    points = ((0.0, 0.0), (1.0, 1.04))
    whole = warp(audio, points, RATE, 0.0, 3.5)
    part = warp(audio, points, RATE, 0.5, 3.5)
    for second in (1.0, 2.0):
        at = second / 1.04 * RATE
        assert abs(found(whole, at) - (found(part, at - 0.5 * RATE) + 0.5 * RATE)) < 0.001 * RATE


def test_outside_of_the_track_is_exact_silence():
    audio = torch.randn(2, 2 * RATE, generator=torch.Generator().manual_seed(0))
    points = ((1.0, 0.0), (2.0, 1.03))
    out = warp(audio, points, RATE, 0.0, 4.0)
    end = 1.0 + 2.0 / 1.03
    assert not out[:, : RATE - 1].any()
    assert not out[:, math.ceil(end * RATE) + 1 :].any()
    assert out[:, RATE + 500].abs().max() > 0
    for window in ((-3.0, -2.0), (10.0, 11.0)):
        assert not warp(audio, points, RATE, *window).any()


def test_edges_of_a_window_are_as_loud_as_its_middle():
    audio = 0.1 * torch.randn(2, 6 * RATE, generator=torch.Generator().manual_seed(0))
    out = warp(audio, ((0.0, 0.0), (1.0, 1.05)), RATE, 1.0, 4.0)
    edge = round(0.05 * RATE)
    for part in (out[:, :edge], out[:, -edge:]):
        level = 20 * math.log10(float(part.square().mean().sqrt()) / 0.1)
        assert abs(level) < 1.5


def test_collinear_points_are_one_rate():
    audio = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    two = warp(audio, ((0.0, 0.0), (0.8, 0.84)), RATE, 0.0, 0.5)
    three = warp(audio, ((0.0, 0.0), (0.4, 0.42), (0.8, 0.84)), RATE, 0.0, 0.5)
    assert torch.equal(two, three)


def test_bad_maps_and_ratios_are_refused():
    audio = torch.zeros(2, 1000)
    for ratio in (0.3, 3.0, float("nan"), 0.0):
        with pytest.raises(InputError, match="out of range"):
            stretch(audio, ratio, RATE)
    with pytest.raises(InputError, match=r"changes its rate \(1 to 1.1\)"):
        warp(audio, ((0, 0), (1, 1), (2, 2.1)), RATE, 0, 1)
    for points in (((0, 0),), ((0, 0), (0, 1)), ((0, 1), (1, 0)), ((0, 0), (1, float("inf")))):
        with pytest.raises(InputError, match="Time map"):
            warp(audio, points, RATE, 0, 1)
    with pytest.raises(InputError, match="empty"):
        warp(audio, ((0, 0), (1, 1)), RATE, 1, 1)
    with pytest.raises(ShapeError):
        stretch(torch.zeros(1000), 1.1, RATE)


def test_the_engine_is_named_with_its_version():
    name, version = ENGINE.split()
    assert name == "python-stretch"
    assert version[0].isdigit()
