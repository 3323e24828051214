"""The reverb of the plugin example keeps the contract of a time effect."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans import Registry, RenderContext

RATE = 8000
NEUTRAL = {"send": 0.0, "decay": 2.0, "damping": 0.3, "predelay": 0.02, "width": 1.0}


@pytest.fixture(scope="module")
def registry():
    made = Registry(discover=False)
    made.register_file(Path(__file__).resolve().parents[2] / "examples/five_parameter_reverb.py")
    return made


@pytest.fixture(scope="module")
def plate(registry):
    return registry.effects.build("plate", {"level": 1.0})


CONTEXT = RenderContext(RATE, torch.arange(5).double() / 2, torch.arange(9).double() / 4)


def constant(samples, batch=1, **values):
    return {
        name: torch.full((batch, samples), float(value))
        for name, value in {**NEUTRAL, **values}.items()
    }


def wandering(registry, samples, batch, seed):
    """Curves that cross their whole ranges, a few times a second."""
    generator = torch.Generator().manual_seed(seed)
    curves = {}
    for p in registry.effects.find("plate").declaration.parameters:
        points = torch.rand(batch, 1, 8, generator=generator)
        line = torch.nn.functional.interpolate(points, samples, mode="linear")[:, 0]
        curves[p.name] = p.minimum + p.span * line
    return curves


def noise(samples, batch=1, channels=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, samples, generator=generator)


def whole(plate, audio, curves):
    return plate.process(audio, curves, CONTEXT, plate.init_state(*audio.shape[:2], CONTEXT))[0]


def impulse(samples, channels=2):
    audio = torch.zeros(1, channels, samples)
    audio[..., 0] = 1.0
    return audio


def test_a_closed_send_adds_exactly_nothing(plate):
    assert bool((whole(plate, noise(RATE), constant(RATE)) == 0).all())


@settings(max_examples=15)
@given(
    cuts=st.lists(st.integers(1, 2999), max_size=6, unique=True),
    channels=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_any_chunking_gives_what_one_call_gives(plate, registry, cuts, channels, seed):
    samples = 3000
    audio = noise(samples, 2, channels, seed)
    curves = wandering(registry, samples, 2, seed)
    state = plate.init_state(2, channels, CONTEXT)
    parts = []
    edges = [0, *sorted(cuts), samples]
    for start, stop in itertools.pairwise(edges):
        some = {name: curve[:, start:stop] for name, curve in curves.items()}
        out, after = plate.process(audio[..., start:stop], some, CONTEXT, state)
        again, _ = plate.process(audio[..., start:stop], some, CONTEXT, state)
        assert torch.equal(out, again)  # the old state is as it was
        parts.append(out)
        state = after
    torch.testing.assert_close(torch.cat(parts, -1), whole(plate, audio, curves), atol=1e-5, rtol=0)


@pytest.mark.parametrize("decay", [0.6, 2.0, 4.0])
def test_the_tail_loses_60_db_in_the_decay_time(plate, decay):
    samples = round(2 * decay * RATE)
    curves = constant(samples, send=1, decay=decay, damping=0)
    energy = whole(plate, impulse(samples), curves).square().sum((0, 1)).double()
    # Schroeder's backward integration: from -5 to -25 dB is a third of the way to -60.
    left = energy.flip(0).cumsum(0).flip(0)
    level = 10 * torch.log10(left / left[0])
    at = [int((level < db).nonzero()[0]) / RATE for db in (-5.0, -25.0)]
    assert 3 * (at[1] - at[0]) == pytest.approx(decay, rel=0.1)


def test_damping_takes_highs_and_leaves_lows(plate):
    samples = 2 * RATE
    spectra = [
        torch.fft.rfft(whole(plate, impulse(samples), constant(samples, send=1, damping=d)))
        .abs()
        .square()
        .sum((0, 1))
        for d in (0.0, 1.0)
    ]
    low, high = slice(2 * 50, 2 * 200), slice(2 * 3000, 2 * 3900)
    change = [
        10 * torch.log10(spectra[1][band].sum() / spectra[0][band].sum()) for band in (low, high)
    ]
    assert change[0] > -1.5
    assert change[1] < -10


@pytest.mark.parametrize("predelay", [0.0, 0.02, 0.1])
def test_the_first_echo_comes_after_predelay_and_the_shortest_line(plate, predelay):
    samples = RATE // 2
    tail = whole(plate, impulse(samples), constant(samples, send=1, predelay=predelay, damping=0))
    first = int(tail.abs().amax((0, 1)).gt(1e-6).nonzero()[0])
    assert first == pytest.approx((0.0297 + predelay) * RATE, abs=1.0)


def test_width_0_is_mono_and_width_1_is_not(plate):
    mono = whole(plate, noise(RATE), constant(RATE, send=1, width=0))
    wide = whole(plate, noise(RATE), constant(RATE, send=1, width=1))
    torch.testing.assert_close(mono[:, 0], mono[:, 1])
    left, right = wide[0]
    assert abs(float((left * right).sum() / (left.norm() * right.norm()))) < 0.3
    torch.testing.assert_close(mono[:, 0], wide.mean(dim=1), atol=1e-5, rtol=1e-4)


def test_the_longest_tail_stays_bounded_and_about_as_loud_as_its_input(plate, registry):
    audio = noise(20 * RATE)
    tail = whole(plate, audio, constant(20 * RATE, send=1, decay=6, damping=0))
    assert 0.5 < float(tail[..., -RATE:].std()) < 2.0
    assert float(whole(plate, audio, wandering(registry, 20 * RATE, 1, 3)).abs().max()) < 10


def test_gradients_are_right_and_finite(plate, registry):
    samples = 600
    audio = noise(samples).double()
    curves = {k: v.double() for k, v in wandering(registry, samples, 1, 5).items()}
    names = list(curves)

    def loss(*values):
        return whole(plate, audio, dict(zip(names, values, strict=True))).square().sum()

    points = [curve.clone().requires_grad_() for curve in curves.values()]
    gradients = torch.autograd.grad(loss(*points), points)
    for i, name in enumerate(names):
        if name == "predelay":  # moves in steps between samples: one-sided slopes
            assert bool(torch.isfinite(gradients[i]).all())
            continue
        moved = [list(curves.values()) for _ in range(2)]
        moved[0][i], moved[1][i] = moved[0][i] + 1e-4, moved[1][i] - 1e-4
        slope = float(loss(*moved[0]) - loss(*moved[1])) / 2e-4
        assert slope == pytest.approx(float(gradients[i].sum()), rel=1e-3)
