"""The echo against a loop over samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import DelayConfig
from djtrans.plugins.effects.delay import LARGEST_LOOP_GAIN, Delay, delay_times

RATE = 2000


def context(bpm: float = 128.0, beats: int = 9, rate: int = RATE) -> RenderContext:
    times = torch.arange(beats, dtype=torch.float64) * (60 / bpm)
    return RenderContext(rate, times, torch.tensor([0.0]))


def by_samples(
    audio: np.ndarray, send: np.ndarray, feedback: np.ndarray, delay: np.ndarray
) -> np.ndarray:
    """The definition, one sample after the other; fractional delays between two samples."""
    line = np.zeros_like(audio)
    out = np.zeros_like(audio)
    for n in range(len(audio)):
        place = n - delay[n]
        left = int(np.floor(place))
        part = place - left
        echo = (line[left] if left >= 0 else 0.0) * (1 - part)
        if part > 0:
            echo += (line[left + 1] if left + 1 >= 0 else 0.0) * part
        out[n] = echo
        line[n] = send[n] * audio[n] + LARGEST_LOOP_GAIN * feedback[n] * echo
    return out


@pytest.mark.parametrize("bpm", [87.0, 128.0, 174.5])
@pytest.mark.parametrize("feedback", [0.0, 0.5, 1.0, None])
def test_equals_the_loop_over_samples(bpm: float, feedback: float | None) -> None:
    random = np.random.default_rng(0)
    samples = 4000
    audio, send = random.standard_normal(samples), random.random(samples)
    moving = 0.5 + 0.5 * np.sin(np.arange(samples) / 300)
    loop = moving if feedback is None else np.full(samples, feedback)
    effect, ctx = Delay(), context(bpm)
    got, _ = effect.process(
        torch.from_numpy(audio)[None, None],
        {"send": torch.from_numpy(send)[None], "feedback": torch.from_numpy(loop)[None]},
        ctx,
        effect.init_state(1, 1, ctx),
    )
    delay = np.full(samples, round(0.75 * 60 / bpm * RATE), dtype=float)
    np.testing.assert_allclose(got[0, 0].numpy(), by_samples(audio, send, loop, delay), atol=1e-9)


def test_tempo_ramp_follows_the_beat_and_equals_the_loop() -> None:
    periods = torch.linspace(0.5, 0.4, 12, dtype=torch.float64)
    beats = torch.cat([torch.zeros(1, dtype=torch.float64), periods.cumsum(0)])
    ctx = RenderContext(RATE, beats, torch.tensor([0.0]))
    effect = Delay(DelayConfig(beats=1.0))
    times = delay_times(beats, 1.0, RATE)
    for index in range(2, 12):
        heard = float(beats[index]) * RATE
        played = heard - float(times.at(np.array(heard)))
        assert played == pytest.approx(float(beats[index - 1]) * RATE, abs=0.51)
    samples = 9000
    random = np.random.default_rng(1)
    audio = random.standard_normal(samples)
    ones = np.ones(samples)
    got, _ = effect.process(
        torch.from_numpy(audio)[None, None],
        {"send": torch.from_numpy(ones)[None], "feedback": torch.from_numpy(0.6 * ones)[None]},
        ctx,
        effect.init_state(1, 1, ctx),
    )
    delay = times.at(np.arange(samples))
    want = by_samples(audio, ones, 0.6 * ones, delay)
    np.testing.assert_allclose(got[0, 0].numpy(), want, atol=1e-9)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    beats=st.sampled_from([0.0625, 0.25, 0.75, 2.0]),
    ramp=st.floats(-0.3, 0.3),
    loop=st.floats(0, 1),
)
def test_bounded_for_every_curve(seed: int, beats: float, ramp: float, loop: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    samples = 6000
    periods = 0.3 * (1 + ramp * torch.linspace(0, 1, 9, dtype=torch.float64))
    ctx = RenderContext(RATE, periods.cumsum(0), torch.tensor([0.0]))
    effect = Delay(DelayConfig(beats=beats))
    audio = torch.rand(1, 1, samples, generator=generator) * 2 - 1
    send = torch.rand(1, samples, generator=generator)
    feedback = loop * torch.ones(1, samples)
    out, _ = effect.process(
        audio, {"send": send, "feedback": feedback}, ctx, effect.init_state(1, 1, ctx)
    )
    bound = float((audio * send).abs().max()) / (1 - LARGEST_LOOP_GAIN * loop)
    assert float(out.abs().max()) <= bound * (1 + 1e-4)


def test_no_feedback_is_one_echo() -> None:
    effect, ctx = Delay(), context(120.0)
    audio = torch.zeros(1, 1, 4000)
    audio[..., 10] = 1.0
    out, _ = effect.process(
        audio,
        {"send": torch.ones(1, 4000), "feedback": torch.zeros(1, 4000)},
        ctx,
        effect.init_state(1, 1, ctx),
    )
    assert out.nonzero().tolist() == [[0, 0, 10 + 750]]


def test_gradient() -> None:
    ctx = RenderContext(40, torch.tensor([0.0, 0.5, 1.1], dtype=torch.float64), torch.zeros(1))
    effect = Delay()
    generator = torch.Generator().manual_seed(0)
    audio, send, feedback = (
        torch.rand(shape, dtype=torch.float64, generator=generator).requires_grad_(True)
        for shape in ((1, 1, 60), (1, 60), (1, 60))
    )
    assert torch.autograd.gradcheck(
        lambda x, s, f: effect.process(
            x, {"send": s, "feedback": f}, ctx, effect.init_state(1, 1, ctx)
        )[0],
        (audio, send, feedback),
        fast_mode=True,
    )
