"""The reverb against scipy's convolution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import ReverbConfig
from djtrans.plugins.effects.reverb import Reverb, impulse_response

RATE = 8000
CONFIG = ReverbConfig(decay_seconds=0.7)


def context(seed: int = 0) -> RenderContext:
    return RenderContext(RATE, torch.tensor([0.0, 0.5]), torch.tensor([0.0]), seed)


def render(
    effect: Reverb, audio: torch.Tensor, send: torch.Tensor, cuts: list[int], seed: int = 0
) -> torch.Tensor:
    ctx = context(seed)
    state = effect.init_state(audio.shape[0], audio.shape[1], ctx)
    parts = []
    for x, s in zip(audio.split(cuts, -1), send.split(cuts, -1), strict=True):
        out, state = effect.process(x, {"send": s}, ctx, state)
        parts.append(out)
    return torch.cat(parts, -1)[..., effect.latency_samples(ctx) :]


def test_equals_direct_convolution_for_any_chunking() -> None:
    generator = torch.Generator().manual_seed(0)
    audio = torch.randn(2, 2, 12000, dtype=torch.float64, generator=generator)
    send = torch.rand(2, 12000, dtype=torch.float64, generator=generator)
    response = impulse_response(CONFIG, 2, RATE, 0).numpy()
    effect = Reverb(CONFIG)
    want = np.stack(
        [
            [
                signal.fftconvolve((audio[b, c] * send[b]).numpy(), response[c])[:12000]
                for c in range(2)
            ]
            for b in range(2)
        ]
    )
    for cuts in ([12000], [1, 1023, 1024, 5000, 4952], [300] * 40):
        got = render(effect, audio, send, cuts)
        np.testing.assert_allclose(got.numpy(), want[..., : got.shape[-1]], atol=1e-9)


def test_response_decays_by_60_db_and_has_the_level() -> None:
    config = ReverbConfig(decay_seconds=2.0, damping=0.0, predelay_seconds=0.05, level=0.5)
    response = impulse_response(config, 2, RATE, 0)
    assert float(response[:, : round(0.05 * RATE)].abs().max()) == 0.0
    energy = response.square().sum(-1)
    torch.testing.assert_close(energy, torch.full_like(energy, 0.25))
    tail = response[0, round(0.05 * RATE) :].numpy() ** 2
    db = 10 * np.log10(tail.reshape(20, -1).mean(-1))
    slope = np.polyfit(np.arange(20) * 0.1, db, 1)[0]
    assert slope == pytest.approx(-30.0, abs=1.5)


def test_damping_shortens_the_highs() -> None:
    response = impulse_response(ReverbConfig(damping=1.0, predelay_seconds=0.0), 1, 44100, 0)[0]
    half = len(response) // 4
    freqs, early = signal.welch(response[:half].numpy(), 44100, nperseg=1024)
    _, late = signal.welch(response[half : 2 * half].numpy(), 44100, nperseg=1024)
    fall = 10 * np.log10(early / late)
    assert fall[freqs > 8000].mean() > fall[(freqs > 200) & (freqs < 600)].mean() + 20


@pytest.mark.parametrize(("width", "low", "high"), [(0.0, 0.999, 1.0), (1.0, -0.1, 0.1)])
def test_width(width: float, low: float, high: float) -> None:
    left, right = impulse_response(ReverbConfig(width=width), 2, RATE, 0).numpy()
    assert low <= np.corrcoef(left, right)[0, 1] <= high + 1e-9


def test_seed_decides_the_response() -> None:
    first, again, other = (impulse_response(CONFIG, 2, RATE, seed) for seed in (3, 3, 9))
    torch.testing.assert_close(first, again)
    assert not torch.allclose(first, other)


def test_gradient() -> None:
    effect = Reverb(ReverbConfig(decay_seconds=0.05, predelay_seconds=0.0))
    ctx = RenderContext(200, torch.tensor([0.0, 0.5]), torch.tensor([0.0]))
    generator = torch.Generator().manual_seed(0)
    audio = torch.rand(1, 2, 150, dtype=torch.float64, generator=generator, requires_grad=True)
    send = torch.rand(1, 150, dtype=torch.float64, generator=generator, requires_grad=True)

    def run(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        state = effect.init_state(1, 2, ctx)
        first, state = effect.process(x[..., :70], {"send": s[:, :70]}, ctx, state)
        second, _ = effect.process(x[..., 70:], {"send": s[:, 70:]}, ctx, state)
        return torch.cat([first, second], -1)

    assert torch.autograd.gradcheck(run, (audio, send), fast_mode=True)
