"""Masks of fader, isolator and filters against scipy's designs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import signal

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.errors import ConfigError
from djtrans.plugins.effects import Eq3Config, FilterConfig
from djtrans.plugins.effects.eq3 import GRAIN, Eq3
from djtrans.plugins.effects.filters import Highpass, Lowpass
from djtrans.plugins.effects.gain import Gain

FREQS = torch.linspace(0, 22050, 1025)


def context(rate: int = 44100) -> RenderContext:
    return RenderContext(rate, torch.tensor([0.0, 0.5]), torch.tensor([0.0]))


def curve(*values: float) -> torch.Tensor:
    return torch.tensor([list(values)], dtype=torch.float32)


def test_gain_is_the_mask() -> None:
    mask = Gain().mask({"gain": curve(0, 0.25, 1)}, FREQS, context())
    assert mask.tolist() == [[[0.0], [0.25], [1.0]]]


@pytest.mark.parametrize("order", [1, 2, 4, 8])
@pytest.mark.parametrize("hz", [60.0, 500.0, 5000.0])
@pytest.mark.parametrize(("effect", "kind"), [(Lowpass, "lowpass"), (Highpass, "highpass")])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_filters_equal_scipy_within_a_hundredth_of_a_db(
    order: int, hz: float, effect: type, kind: str, rate: int
) -> None:
    x = np.log(hz / 20) / np.log(1000)
    freqs = torch.linspace(10, rate / 2 - 50, 2000)
    mask = effect(FilterConfig(order=order)).mask({"cutoff": curve(x)}, freqs, context(rate))[0, 0]
    sos = signal.butter(order, hz, kind, fs=rate, output="sos")
    want = np.abs(signal.sosfreqz(sos, worN=freqs.double().numpy(), fs=rate)[1])
    heard = want > 1e-5
    error = 20 * np.log10(mask.numpy()[heard] / want[heard])
    assert np.abs(error).max() < 0.01
    assert mask.numpy()[~heard].max(initial=0.0) < 1.1e-5


@pytest.mark.parametrize("effect", [Lowpass, Highpass])
@pytest.mark.parametrize("rate", [4000, 8000, 44100, 192000])
@pytest.mark.parametrize("order", [1, 4, 8])
def test_filters_stay_finite_and_open_to_exactly_one(effect: type, rate: int, order: int) -> None:
    freqs = torch.linspace(0, rate / 2, 513)
    x = torch.linspace(0, 1, 201).unsqueeze(0).requires_grad_(True)
    mask = effect(FilterConfig(order=order)).mask({"cutoff": x}, freqs, context(rate))
    mask.sum().backward()
    assert bool(torch.isfinite(mask).all())
    assert bool(torch.isfinite(x.grad).all())
    assert float(mask.detach().min()) >= 0
    assert float(mask.detach().max()) <= 1
    neutral = -1 if effect is Lowpass else 0
    assert bool((mask[0, neutral] == 1).all())


@pytest.mark.parametrize("effect", [Lowpass, Highpass])
@pytest.mark.parametrize("order", [2, 4, 8])
def test_gradients_are_finite_right_below_nyquist(effect: type, order: int) -> None:
    """Where float32 does not hold the power of the cutoff, and the cutoff is not yet clamped."""
    rate = 22050
    hz = rate * (0.5 - torch.logspace(-6, -3, 400, dtype=torch.float64))
    x = (torch.log(hz / 20.0) / math.log(1000.0)).float().unsqueeze(0).requires_grad_(True)
    mask = effect(FilterConfig(order=order)).mask(
        {"cutoff": x}, torch.linspace(0, rate / 2, 513), context(rate)
    )
    mask.sum().backward()
    assert bool(torch.isfinite(mask).all())
    assert bool(torch.isfinite(x.grad).all())


@pytest.mark.parametrize("effect", [Lowpass, Highpass])
def test_filter_opens_smoothly(effect: type) -> None:
    """No jump anywhere on the way to bypass.

    A thousandth of the range moves no gain by more than 0.12; most near Nyquist, where the bilinear
    transform steepens the filter, next to neutral by less.
    """
    x = torch.linspace(0, 1, 1001).unsqueeze(0)
    mask = effect().mask({"cutoff": x}, FREQS[1:], context())
    assert float(mask.diff(dim=1).abs().max()) < 0.12


@pytest.mark.parametrize("effect", [Lowpass, Highpass])
def test_filter_gradient(effect: type) -> None:
    x = torch.tensor([[0.0, 0.01, 0.02, 0.3, 0.7, 0.985, 1.0]], dtype=torch.float64)
    freqs = torch.tensor([0.0, 50.0, 440.0, 3000.0, 22050.0], dtype=torch.float64)
    # At the stop the blend begins with a curvature, which finite differences take for a slope.
    assert torch.autograd.gradcheck(
        lambda v: effect().mask({"cutoff": v}, freqs, context()), x.requires_grad_(True), atol=2e-3
    )


@pytest.mark.parametrize("rate", [8000, 44100])
def test_eq_bands_equal_linkwitz_riley_and_sum_to_exactly_one(rate: int) -> None:
    freqs = torch.linspace(0, rate / 2, 1025)
    eq = Eq3(Eq3Config(low_crossover_hz=300, high_crossover_hz=3000))
    low, mid, high = eq.weights(freqs, rate)
    assert bool((low + mid + high == 1).all())
    assert float(mid.min()) >= 0
    for weight, hz, kind in ((low, 300, "lowpass"), (high, 3000, "highpass")):
        sos = signal.butter(2, hz, kind, fs=rate, output="sos")
        # In double precision: older scipy computes in the precision of the frequencies.
        with np.errstate(divide="ignore", invalid="ignore"):
            half = np.abs(signal.sosfreqz(sos, worN=freqs.double().numpy()[:-1], fs=rate)[1])
        # Rounded down to a grain, but two grains below 1 count as 1; float32 holds every multiple.
        np.testing.assert_allclose(weight[:-1].numpy(), half**2, rtol=0, atol=2 * GRAIN)


def test_eq_stops_are_exact() -> None:
    eq = Eq3()
    for value in (0.0, 1.0, 2.0):
        g = curve(value)
        mask = eq.mask({"low": g, "mid": g, "high": g}, FREQS, context())
        assert bool((mask == value).all())
    killed = eq.mask({"low": curve(0.0), "mid": curve(1.0), "high": curve(1.0)}, FREQS, context())
    assert float(killed[0, 0, 0]) == 0.0
    assert float(killed.min()) >= 0.0


def test_crossovers_must_be_in_order() -> None:
    with pytest.raises(ConfigError, match="must be below"):
        Eq3Config(low_crossover_hz=5000.0)
