"""Pitch shift: the pitch changes as requested, onsets keep their times."""

import math

import numpy as np
import pytest
import torch

from djtrans.core.audio.pitch_shift import pitch_factor, read_transposed
from djtrans.core.errors import InputError

RATE = 44100


def tone(hz, seconds=3.0):
    t = torch.arange(int(RATE * seconds), dtype=torch.float64) / RATE
    return (0.5 * torch.sin(2 * torch.pi * hz * t)).float().expand(2, -1)


def pitch(audio):
    """Frequency of the strongest partial, by a parabola through the logarithmic spectrum."""
    window = torch.hann_window(audio.shape[-1], dtype=torch.float64)
    spectrum = torch.fft.rfft(audio[0].double() * window).abs().log()
    at = int(spectrum.argmax())
    low, mid, high = (float(v) for v in spectrum[at - 1 : at + 2])
    return (at + 0.5 * (low - high) / (low - 2 * mid + high)) * RATE / audio.shape[-1]


@pytest.mark.parametrize("rate", [1.0, 1.04])
@pytest.mark.parametrize("semitones", [-2.0, 1.0])
@pytest.mark.parametrize("hz", [110.0, 441.0, 3000.0])
def test_a_tone_has_the_pitch_and_level_asked_for(rate, semitones, hz):
    out = read_transposed(tone(hz), 0.0, rate, 2 * RATE, RATE, semitones)
    assert out.shape == (2, 2 * RATE)
    middle = out[:, RATE // 2 : 3 * RATE // 2]
    cents = 1200 * math.log2(pitch(middle) / hz) - 100 * semitones
    assert abs(cents) < 0.5
    assert middle.square().mean().sqrt() == pytest.approx(0.5 / math.sqrt(2), rel=0.01)


@pytest.mark.parametrize("rate", [1.0, 1.04])
@pytest.mark.parametrize("semitones", [-2.0, -1.0, 1.0, 2.0])
def test_a_kick_stays_in_time(kicks, rate, semitones):
    times = np.arange(0.5, 5.0, 0.5)
    audio = kicks.track(times, 6.0)
    out = read_transposed(audio, 0.0, rate, 5 * RATE, RATE, semitones)
    expected = [t / rate for t in times if t / rate < 4.7]
    # Against the kick of the other pitch: the same, faster or slower.
    errors = [kicks.found(out, t, pitch_factor(semitones)) - t for t in expected]
    assert np.abs(errors).max() < 0.002


def test_a_transposition_as_large_as_the_tempo_change_is_plain_varispeed():
    audio = tone(441.0)
    semitones = 1.0
    out = read_transposed(audio, 0.0, pitch_factor(semitones), 2 * RATE, RATE, semitones)
    t = torch.arange(2 * RATE, dtype=torch.float64) / RATE
    expected = 0.5 * torch.sin(2 * torch.pi * 441.0 * pitch_factor(semitones) * t)
    # Laid on the nearest sample of the track.
    assert torch.allclose(out[0, 3000:].double(), expected[3000:], atol=0.02)


def test_it_starts_where_it_is_told_to(kicks):
    audio = kicks.track([2.0], 4.0)
    out = read_transposed(audio, 1.5 * RATE, 1.02, RATE, RATE, 1.0)
    assert kicks.found(out, 0.5 / 1.02, pitch_factor(1.0)) == pytest.approx(0.5 / 1.02, abs=0.002)


@pytest.mark.parametrize("semitones", [12.5, -13.0, float("nan")])
def test_what_is_out_of_range_is_refused(semitones):
    with pytest.raises(InputError, match="out of range"):
        pitch_factor(semitones)
