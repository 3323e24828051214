import math

import numpy as np
import pyloudnorm
import pytest
import torch
from scipy.signal import freqz

from djtrans.core.audio import loudness
from djtrans.core.audio.loudness import (
    _k_weighted_blocks,
    integrated_lufs,
    programme_lufs,
    short_term_lufs,
    true_peak_db,
)
from djtrans.core.errors import InputError, ShapeError


def sine(db, hz=997.0, rate=48000, seconds=4.0, channels=2, phase=0.0):
    t = torch.arange(int(rate * seconds), dtype=torch.float64) / rate
    wave = 10 ** (db / 20) * torch.sin(2 * torch.pi * hz * t + phase)
    return wave.float().expand(channels, -1).clone()


def test_k_weighting_at_48_khz_is_the_table_of_the_standard():
    impulse = torch.zeros(1, 1 << 15)
    impulse[0, 0] = 1.0
    ours = np.fft.rfft(np.concatenate(list(_k_weighted_blocks(impulse, 48000, 999)), axis=1)[0])
    hz = np.fft.rfftfreq(1 << 15, 1 / 48000)
    shelf = freqz(
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [1.0, -1.69065929318241, 0.73248077421585],
        hz,
        fs=48000,
    )[1]
    high_pass = freqz([1, -2, 1], [1.0, -1.99004745483398, 0.99007225036621], hz, fs=48000)[1]
    assert np.abs(ours - shelf * high_pass)[1:].max() < 1e-6


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
def test_a_997_hz_sine_reads_its_level(rate):
    # BS.1770: 0 dBFS at 997 Hz in one channel reads -3.01 LUFS, in both 0.
    assert integrated_lufs(sine(-20, rate=rate), rate) == pytest.approx(-20.0, abs=0.05)
    left = sine(-20, rate=rate) * torch.tensor([[1.0], [0.0]])
    assert integrated_lufs(left, rate) == pytest.approx(-23.01, abs=0.05)


def test_mono_is_as_loud_as_the_same_sound_in_both_channels():
    mono = 0.1 * torch.randn(1, 5 * 22050, generator=torch.Generator().manual_seed(4))
    both = mono.expand(2, -1)
    assert programme_lufs(mono, 22050)[0] == pytest.approx(programme_lufs(both, 22050)[0], abs=1e-9)
    assert np.allclose(short_term_lufs(mono, 22050), short_term_lufs(both, 22050), atol=1e-9)


def test_ebu_3341_gating_sequences():
    # EBU Tech 3341 table 1, cases 3 and 4: tones of 1 kHz whose quiet parts must be gated out.
    def sequence(*parts):
        return torch.cat([sine(db, 1000.0, seconds=s) for db, s in parts], dim=-1)

    case3 = sequence((-36, 10), (-23, 60), (-36, 10))
    case4 = sequence((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))
    assert integrated_lufs(case3, 48000) == pytest.approx(-23.0, abs=0.1)
    assert integrated_lufs(case4, 48000) == pytest.approx(-23.0, abs=0.1)


def test_integrated_agrees_with_pyloudnorm():
    generator = torch.Generator().manual_seed(0)
    envelope = torch.linspace(0, 1, 44100 * 8) ** 3
    audio = 0.3 * torch.randn(2, 44100 * 8, generator=generator) * envelope
    meter = pyloudnorm.Meter(44100, filter_class="DeMan")
    theirs = meter.integrated_loudness(audio.numpy().T.astype(np.float64))
    assert integrated_lufs(audio, 44100) == pytest.approx(theirs, abs=0.01)


def test_gain_shifts_loudness_by_its_decibels():
    audio = 0.05 * torch.randn(2, 48000 * 3, generator=torch.Generator().manual_seed(1))
    base = integrated_lufs(audio, 48000)
    assert integrated_lufs(audio * 2, 48000) == pytest.approx(base + 20 * math.log10(2), abs=1e-3)


def test_silence_is_minus_infinity():
    quiet = torch.zeros(2, 48000 * 4)
    assert integrated_lufs(quiet, 48000) == -math.inf
    assert integrated_lufs(sine(-80), 48000) == -math.inf
    assert (short_term_lufs(quiet, 48000) == -math.inf).all()
    assert true_peak_db(quiet, 48000) == -math.inf


def test_short_term_follows_a_step_and_is_silent_after_sound():
    audio = torch.cat([sine(-10, seconds=5), torch.zeros(2, 48000 * 5)], dim=-1)
    levels = short_term_lufs(audio, 48000)
    assert len(levels) == 71  # whole windows in 10 s
    assert levels[0] == pytest.approx(-10, abs=0.05)
    assert levels[35] == pytest.approx(-10 + 10 * math.log10(0.5), abs=0.05)
    assert levels[-1] < -150  # the filters ring out; no rounding noise of the loud part is left
    assert len(short_term_lufs(audio, 48000, 0.4)) == 97


def test_windows_agree_with_a_loop():
    audio = 0.1 * torch.randn(2, 10000, generator=torch.Generator().manual_seed(2))
    weighted = (next(_k_weighted_blocks(audio, 8000, 10000)) ** 2).sum(0)
    for window, hop in [(0.4, 0.1), (0.35, 0.1), (0.25, 0.25)]:
        ours = short_term_lufs(audio, 8000, window, hop)
        size, step = round(window * 8000), round(hop * 8000)
        loop = [weighted[i : i + size].mean() for i in range(0, 10000 - size + 1, step)]
        np.testing.assert_allclose(ours, -0.691 + 10 * np.log10(loop), atol=1e-9)


def test_audio_shorter_than_a_window_is_one_window():
    assert short_term_lufs(sine(-20, seconds=1.0), 48000).shape == (1,)
    assert integrated_lufs(sine(-20, seconds=0.2), 48000) == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize("phase", [0.0, math.pi / 4])
def test_true_peak_sees_between_the_samples(phase):
    # A quarter of the rate at 45 degrees: every sample is 3.01 dB below the wave's peak.
    audio = sine(-6.0, hz=12000.0, phase=phase)
    assert true_peak_db(audio, 48000) == pytest.approx(-6.0, abs=0.3)
    if phase:
        assert 20 * math.log10(float(audio.abs().max())) == pytest.approx(-9.01, abs=0.01)


def test_true_peak_of_blocks_is_that_of_the_whole():
    audio = 0.1 * torch.randn(1, 600_000, generator=torch.Generator().manual_seed(3))
    audio[0, 1 << 18] = 0.9  # on a block's edge
    from djtrans.core.audio.resampling import resample

    whole = 20 * math.log10(max(0.9, float(resample(audio, 8000, 32000).abs().max())))
    assert true_peak_db(audio, 8000) == pytest.approx(whole, abs=1e-3)


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match="6 channels"):
        integrated_lufs(torch.zeros(6, 48000), 48000)
    with pytest.raises(InputError, match="0 samples"):
        integrated_lufs(torch.zeros(2, 0), 48000)
    with pytest.raises(InputError, match="Sample rate"):
        true_peak_db(torch.zeros(2, 10), 0)
    with pytest.raises(InputError, match="one sample"):
        short_term_lufs(torch.zeros(2, 48000), 48000, 3.0, 0.0)


def test_one_pass_gives_both_loudnesses():
    audio = 0.1 * torch.randn(2, 22050 * 7, generator=torch.Generator().manual_seed(0))
    audio[:, 22050 * 4 :] *= 0.05
    integrated, short_term = programme_lufs(audio, 22050)
    assert integrated == integrated_lufs(audio, 22050)
    assert np.array_equal(short_term, short_term_lufs(audio, 22050))


@pytest.mark.parametrize("rate", [11025, 22050])  # 0.1 s is no whole number of samples at the first
def test_blocks_give_what_the_whole_gives(rate, monkeypatch):
    audio = 0.1 * torch.randn(2, 10 * rate + 77, generator=torch.Generator().manual_seed(5))
    whole = programme_lufs(audio, rate)
    monkeypatch.setattr(loudness, "_POWER_HOPS", 3)
    blocks = programme_lufs(audio, rate)
    assert blocks[0] == whole[0]
    assert np.array_equal(blocks[1], whole[1])
