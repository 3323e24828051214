"""Time stretch: times, pitch, level and errors."""

import math

import numpy as np
import pytest
import torch

from djtrans.core.audio.time_stretch import ENGINE, stretch
from djtrans.core.errors import InputError, ShapeError

RATE = 44100


@pytest.mark.parametrize("ratio", [0.92, 0.97, 1.03, 1.08])
def test_kicks_land_where_they_belong(kicks, ratio):
    times = [0.05 + 0.4137 * i for i in range(20)]
    out = stretch(kicks.track(times, 9.0), ratio, RATE)
    assert out.shape == (2, round(9.0 * RATE * ratio))
    inside = [t * ratio for t in times if 0.01 < t * ratio < out.shape[1] / RATE - 0.23]
    errors = np.array([kicks.found(out, t) - t for t in inside]) * 1000
    assert np.abs(errors).max() < 2.0  # milliseconds
    assert abs(errors.mean()) < 1.0
    # No drift: the error does not grow along the audio.
    assert abs(np.polyfit(inside, errors, 1)[0]) * 9.0 < 1.0


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


def test_what_is_out_of_range_is_refused():
    for ratio in (0.3, 3.0, float("nan"), 0.0):
        with pytest.raises(InputError, match="out of range"):
            stretch(torch.zeros(2, 1000), ratio, RATE)
    with pytest.raises(ShapeError):
        stretch(torch.zeros(1000), 1.1, RATE)


def test_the_engine_is_named_with_its_version():
    name, version = ENGINE.split()
    assert name == "python-stretch"
    assert version[0].isdigit()
