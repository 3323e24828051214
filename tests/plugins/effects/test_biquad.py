"""The biquads against scipy, torchaudio's own filters and the spectral nodes."""

from __future__ import annotations

import math
import sys

import attrs
import numpy as np
import pytest
import torch
from scipy import signal

import djtrans
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import NodeSpec
from djtrans.core.errors import DependencyError
from djtrans.plugins.effects import FilterConfig
from djtrans.plugins.effects import biquad_coefficients as design
from djtrans.plugins.effects.biquad import (
    BiquadHighpass,
    BiquadHighShelf,
    BiquadLowpass,
    BiquadLowShelf,
    BiquadPeaking,
)
from djtrans.plugins.effects.biquad_declarations import (
    BiquadFilterConfig,
    BiquadLowShelfConfig,
    BiquadPeakingConfig,
)
from djtrans.plugins.effects.filters import Highpass, Lowpass

RATE = 44100
CONTEXT = RenderContext(RATE, torch.tensor([0.0, 0.5]), torch.tensor([0.0]), 0)


def noise(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(*shape, dtype=torch.float64, generator=generator)


def run(effect, audio, curve, lengths=None, rate=RATE):
    ctx = attrs.evolve(CONTEXT, sample_rate=rate)
    state = effect.init_state(audio.shape[0], audio.shape[1], ctx)
    lengths = lengths or [audio.shape[-1]]
    parts = []
    for x, c in zip(audio.split(lengths, -1), curve.split(lengths, -1), strict=True):
        out, state = effect.process(x, {effect.parameter: c}, ctx, state)
        parts.append(out)
    return torch.cat(parts, -1)


def constant(value, audio):
    return torch.full((audio.shape[0], audio.shape[-1]), value, dtype=audio.dtype)


#: Effect, value of its parameter, and the function of torchaudio that does the same.
STATIC = {
    "lowshelf": (BiquadLowShelf(), -9.0, "bass_biquad", {"gain": -9.0, "central_freq": 100.0}),
    "peaking": (
        BiquadPeaking(),
        6.0,
        "equalizer_biquad",
        {"gain": 6.0, "center_freq": 1000.0},
    ),
    "highshelf": (BiquadHighShelf(), 8.0, "treble_biquad", {"gain": 8.0, "central_freq": 3000.0}),
    "lowpass": (BiquadLowpass(), 0.5, "lowpass_biquad", {"cutoff_freq": 20 * 1000**0.5}),
    "highpass": (BiquadHighpass(), 0.4, "highpass_biquad", {"cutoff_freq": 20 * 1000**0.4}),
}


@pytest.mark.parametrize("name", STATIC)
def test_equals_the_filter_of_torchaudio(name):
    import torchaudio.functional as functional

    effect, value, function, arguments = STATIC[name]
    audio = noise(2, 2, 3000)
    want = getattr(functional, function)(audio, RATE, Q=0.5**0.5, **arguments)
    got = run(effect, audio, constant(value, audio), [1, 2, 700, 64, 2233])
    # torchaudio rounds its coefficients to float32.
    assert float((got - want).abs().max()) < 1e-4
    assert float((want - audio).abs().max()) > 0.02


def test_is_not_clipped_at_full_scale():
    audio = 30.0 * noise(1, 1, 2000)
    got = run(BiquadPeaking(), audio, constant(12.0, audio))
    quiet = run(BiquadPeaking(), audio / 100.0, constant(12.0, audio))
    assert float(got.abs().max()) > 2.0
    torch.testing.assert_close(got, 100.0 * quiet)


@pytest.mark.parametrize("effect", [BiquadLowShelf(), BiquadPeaking(), BiquadHighShelf()])
def test_moving_gain_equals_sosfilt_block_by_block(effect):
    size, samples = effect.config.block, 3000
    audio = noise(2, 2, samples)
    curve = torch.stack(
        [
            torch.linspace(-24.0, 12.0, samples, dtype=torch.float64),
            6.0 * torch.sin(torch.linspace(0.0, 9.0, samples, dtype=torch.float64)),
        ]
    )
    want = np.empty(audio.shape)
    for row in range(2):
        zi = np.zeros((1, 2, 2))
        for start in range(0, samples, size):
            b, a = effect.coefficients(curve[row, start], RATE)
            sos = np.concatenate([b.numpy(), a.numpy()])[None]
            part = slice(start, start + size)
            want[row][:, part], zi = signal.sosfilt(sos, audio[row][:, part].numpy(), zi=zi)
    for lengths in ([samples], [1] * 70 + [63, 2867], [1000, 999, 1001]):
        got = run(effect, audio, curve, lengths)
        np.testing.assert_allclose(got.numpy(), want, atol=1e-10)


@pytest.mark.parametrize(
    ("biquad", "spectral"), [(BiquadLowpass(), Lowpass), (BiquadHighpass(), Highpass)]
)
@pytest.mark.parametrize("cutoff", [0.2, 0.5, 0.8])
def test_magnitude_is_that_of_the_spectral_filter(biquad, spectral, cutoff):
    impulse = torch.zeros(1, 1, 1 << 15, dtype=torch.float64)
    impulse[..., 0] = 1.0
    response = torch.fft.rfft(run(biquad, impulse, constant(cutoff, impulse)))[0, 0].abs()
    freqs = torch.fft.rfftfreq(1 << 15, 1 / RATE, dtype=torch.float64)
    mask = spectral(FilterConfig(order=2)).mask(
        {"cutoff": torch.tensor([[cutoff]], dtype=torch.float64)}, freqs, CONTEXT
    )[0, 0]
    heard = freqs > 10.0
    np.testing.assert_allclose(response[heard].numpy(), mask[heard].numpy(), atol=1e-6)


def gain_at(effect, value, hz):
    b, a = effect.coefficients(torch.tensor(value, dtype=torch.float64), RATE)
    _, response = signal.freqz(b.numpy(), a.numpy(), [hz], fs=RATE)
    return 20.0 * math.log10(abs(response[0]))


def test_gains_are_at_the_declared_frequencies():
    shelf = BiquadLowShelf(BiquadLowShelfConfig(frequency_hz=200.0))
    assert gain_at(shelf, -12.0, 1.0) == pytest.approx(-12.0, abs=0.01)
    assert gain_at(shelf, -12.0, 200.0) == pytest.approx(-6.0, abs=0.01)
    assert gain_at(shelf, -12.0, 10000.0) == pytest.approx(0.0, abs=0.01)
    assert gain_at(BiquadHighShelf(), 10.0, 20000.0) == pytest.approx(10.0, abs=0.01)
    assert gain_at(BiquadHighShelf(), 10.0, 20.0) == pytest.approx(0.0, abs=0.01)
    peak = BiquadPeaking(BiquadPeakingConfig(frequency_hz=500.0, q=2.0))
    assert gain_at(peak, 7.0, 500.0) == pytest.approx(7.0, abs=0.01)
    assert gain_at(peak, 7.0, 8000.0) == pytest.approx(0.0, abs=0.1)
    assert gain_at(BiquadLowpass(), 0.5, 20 * 1000**0.5) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize(
    ("effect", "value"),
    [
        (BiquadLowShelf(), 12.0),
        (BiquadHighpass(BiquadFilterConfig(q=5.0)), 0.0),
        (BiquadPeaking(BiquadPeakingConfig(frequency_hz=60.0, q=8.0)), 12.0),
    ],
)
def test_tail_ends_60_db_down(effect, value):
    _, a = effect.coefficients(torch.tensor(value, dtype=torch.float64), RATE)
    tail = effect.tail_seconds(CONTEXT)
    impulse = np.zeros(round(3.0 * tail * RATE))
    impulse[0] = 1.0
    ringing = np.abs(signal.lfilter([1.0], a.numpy(), impulse))
    after = ringing[round(tail * RATE) :].max()
    # A filter without overshoot approaches the exponential from either side, by a small factor.
    assert 1e-5 < after / ringing.max() < 1e-2


def test_slowest_pole_of_real_and_complex_pairs():
    a = torch.tensor([[1.0, -1.5, 0.54], [1.0, -1.0, 0.5]], dtype=torch.float64)
    radius = max(abs(np.roots(a[0])).max(), abs(np.roots(a[1])).max())
    want = math.log(1e-3) / math.log(radius) / 1000
    assert design.slowest_decay_seconds(a, 1000) == pytest.approx(want)


def test_held_curves_have_gradients_at_the_samples_that_are_read():
    audio, size = noise(1, 1, 300), 64
    curve = torch.zeros(1, 300, dtype=torch.float64, requires_grad=True)
    run(BiquadPeaking(), audio, curve, [100, 200]).square().sum().backward()
    assert curve.grad[0].nonzero()[:, 0].tolist() == list(range(0, 300, size))


def test_a_mixer_with_a_biquad_node():
    spec = djtrans.resolve_spec("dj54")
    node = NodeSpec("shelf", "biquad-lowshelf", {"frequency_hz": 150.0})
    mixer = djtrans.DifferentiableDJMixer(attrs.evolve(spec, track_chain=(node,)))
    layout = mixer.layout
    assert [row.key for row in layout.rows][24::25] == [
        "a/track/shelf/gain_db",
        "b/track/shelf/gain_db",
    ]
    rate, seconds = 22050, 2
    a = noise(4, 2, rate * seconds).float()
    times = torch.linspace(0.0, seconds, 5, dtype=torch.float64)
    values = torch.tensor(layout.neutral).repeat(5, 1)

    def mix(values):
        return mixer(
            a, torch.zeros_like(a), values, sample_rate=rate, frame_times=times, beat_times=times
        ).mix

    torch.testing.assert_close(mix(values), a.sum(dim=0), atol=1e-5, rtol=0)
    values[:, layout.select("a/track/shelf/gain_db")] = -18.0
    effect = BiquadLowShelf(BiquadLowShelfConfig(frequency_hz=150.0))
    want = run(effect, a.sum(dim=0)[None], constant(-18.0, a[:1]), rate=rate)[0]
    torch.testing.assert_close(mix(values), want, atol=1e-5, rtol=0)


@pytest.mark.parametrize("error", [ImportError("no"), OSError("libcudart.so: not found")])
def test_without_torchaudio_there_is_one_clear_error(monkeypatch, error):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] == "torchaudio":
                raise error

    for name in [n for n in sys.modules if n.split(".")[0] == "torchaudio"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(DependencyError, match=r"torchaudio, which cannot be imported .*same build"):
        BiquadPeaking()
