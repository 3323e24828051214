"""The limiter against closed forms: sines, impulses, and its definition sample by sample."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import djtrans
from djtrans.core.audio.loudness import true_peak_db
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.errors import ConfigError
from djtrans.plugins.effects import LimiterConfig
from djtrans.plugins.effects.limiter import TAPS, Limiter, true_peaks

RATE = 44100


def sine(amplitude, hertz, seconds=1.0, phase=0.3):
    time = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return (amplitude * torch.sin(2 * math.pi * hertz * time + phase)).expand(2, -1).contiguous()


def context(rate=RATE):
    return RenderContext(rate, torch.tensor([0.0, 0.5]).double(), torch.tensor([0.0]).double())


def run(effect, audio, *lengths):
    ctx, parts = context(), []
    state = effect.init_state(len(audio), audio.shape[1], ctx)
    for part in audio.split(list(lengths) or audio.shape[-1], dim=-1):
        out, state = effect.process(part, {}, ctx, state)
        parts.append(out)
    return torch.cat(parts, dim=-1)


@pytest.mark.parametrize("hertz", [60.0, 997.0, 5000.0, 11025.0, 17000.0])
def test_a_sine_above_the_ceiling_is_limited_to_it(hertz):
    out = djtrans.apply_effect("limiter", sine(2.0, hertz), RATE)
    # Tapered, since the edges of a cut sine have peaks of their own.
    peak = true_peak_db(out * torch.hann_window(RATE).sqrt(), RATE)
    # At a constant amplitude the gain is constant: ceiling / amplitude, as far as four times
    # oversampling sees the peak of a sine, cos(pi f / (4 fs)).
    seen = -20 * math.log10(math.cos(math.pi * hertz / (4 * RATE)))
    assert -1.0 - 0.02 < peak < -1.0 + seen + 0.02


def test_the_gain_of_a_low_sine_is_the_ceiling_over_its_amplitude():
    audio = sine(2.0, 5000.0)
    out = djtrans.apply_effect("limiter", audio, RATE)
    middle = slice(RATE // 4, -RATE // 4)
    gain = float((out[:, middle] * audio[:, middle]).sum() / audio[:, middle].square().sum())
    assert 20 * math.log10(2.0 * gain) == pytest.approx(-1.0, abs=0.05)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_below_the_ceiling_every_sample_is_the_same(dtype):
    noise = 0.15 * torch.randn(2, RATE, generator=torch.Generator().manual_seed(0), dtype=dtype)
    assert -4.0 < true_peak_db(noise, RATE) < -1.1
    assert torch.equal(djtrans.apply_effect("limiter", noise, RATE), noise)


def test_audio_far_from_a_peak_is_not_touched_before_it():
    audio = sine(0.1, 500.0).float()
    audio[:, RATE // 2] = 1.5
    out = djtrans.apply_effect("limiter", audio, RATE)
    ahead = round(0.005 * RATE)
    assert torch.equal(out[:, : RATE // 2 - ahead], audio[:, : RATE // 2 - ahead])
    assert float(out[:, RATE // 2].abs().max()) <= 10 ** (-1 / 20) + 1e-6
    # The gain returns with the time constant of the release, 150 ms.
    needed = 1 - 10 ** (-1 / 20) / 1.5
    for milliseconds in (50, 150, 300):
        at = slice(RATE // 2 + round(0.001 * milliseconds * RATE) - 44, None)
        x, y = audio[0, at][:88].double(), out[0, at][:88].double()
        gain = float((x * y).sum() / x.square().sum())
        assert gain == pytest.approx(1 - needed * math.exp(-milliseconds / 150), abs=0.01)


def test_peaks_between_samples_are_found():
    # A sine at a quarter of the rate, 45 degrees off: its samples are 3 dB below its peaks.
    audio = sine(1.0, RATE / 4, phase=math.pi / 4)[None]
    peaks = true_peaks(audio)[:, TAPS : -2 * TAPS]
    assert float(audio.abs().max()) == pytest.approx(math.sqrt(0.5), abs=1e-3)
    assert peaks.numpy() == pytest.approx(np.ones(peaks.shape), abs=0.01)


def test_the_gain_is_the_definition_sample_by_sample():
    generator = torch.Generator().manual_seed(3)
    audio = 0.7 * torch.randn(1, 2, 3000, generator=generator, dtype=torch.float64)
    effect = Limiter(LimiterConfig(lookahead_ms=1.0, release_ms=20.0))
    ahead, ceiling = 44, 10 ** (-1 / 20)
    padded = torch.nn.functional.pad(audio, (TAPS // 2, TAPS // 2))
    needed = (1 - ceiling / true_peaks(padded)[0].clamp(min=ceiling)).numpy()
    held = [needed[max(0, n - ahead + 1) : n + 1].max() for n in range(3000)]
    released = np.zeros(3000)
    for n in range(3000):
        released[n] = max(held[n], math.exp(-1 / (0.02 * RATE)) * (released[n - 1] if n else 0.0))
    window = np.sin(np.pi * np.arange(1, ahead + 1) / (ahead + 1)) ** 2
    gain = 1 - np.convolve(released, window / window.sum())[:3000]
    latency = effect.latency_samples(context())
    out = run(effect, torch.nn.functional.pad(audio, (0, latency)))[0, :, latency:]
    wanted = audio[0, :, : 3000 - ahead + 1].numpy() * gain[ahead - 1 :]
    np.testing.assert_allclose(out[:, : wanted.shape[1]].numpy(), wanted, atol=1e-12)


def test_both_channels_have_one_gain():
    audio = torch.cat([sine(2.0, 997.0)[:1], sine(0.1, 1234.0)[1:]])
    out = djtrans.apply_effect("limiter", audio, RATE)
    middle = slice(RATE // 4, -RATE // 4)
    ratio = float(out[1, middle].square().sum() / audio[1, middle].square().sum()) ** 0.5
    assert 2.0 * ratio == pytest.approx(10 ** (-1 / 20), abs=0.01)


def test_chunks_of_any_length_give_the_same():
    audio = torch.randn(2, 2, 20000, generator=torch.Generator().manual_seed(1))
    whole = run(Limiter(), audio)
    chunked = run(Limiter(), audio, 1, 3, 17, 979, 4000, 10000, 5000)
    assert float((whole - chunked).abs().max()) < 1e-6


def test_gradients_reach_the_audio_through_the_gain():
    audio = sine(1.5, 997.0, seconds=0.02)[None].requires_grad_(True)
    effect = Limiter(LimiterConfig(lookahead_ms=1.0))

    def level(scale):
        return run(effect, scale * audio.detach()).square().sum()

    scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(level, (scale,), atol=1e-4)
    run(effect, audio).sum().backward()
    assert bool(torch.isfinite(audio.grad).all())
    assert bool(audio.grad.any())


def test_a_ceiling_above_full_scale_is_refused():
    with pytest.raises(ConfigError, match="ceiling_dbtp"):
        djtrans.apply_effect("limiter", sine(1.0, 997.0), RATE, config={"ceiling_dbtp": 3.0})
