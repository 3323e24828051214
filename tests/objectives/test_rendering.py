"""Powers of rendered audio against closed forms, and against the predicted ones."""

from __future__ import annotations

import pytest
import torch

import djtrans
from djtrans.core.track.stem_names import STEMS
from djtrans.objectives import (
    PowerModel,
    RenderedPowerModel,
    measure_cross_power,
    measure_stem_powers,
)

RATE, BEATS = 22050, 8
BEAT_TIMES = torch.arange(BEATS + 1, dtype=torch.float64) * 0.5


def tone(hz, level, phase=0.0):
    """Four stems of which `other` is a sine."""
    time = torch.arange(round(BEATS * 0.5 * RATE)) / RATE
    audio = torch.zeros(4, 1, len(time))
    audio[STEMS.index("other"), 0] = level * torch.sin(2 * torch.pi * hz * time + phase)
    return djtrans.Stems(audio, STEMS, RATE)


def models(a, b):
    sources = djtrans.Pair(*(measure_stem_powers(s, BEAT_TIMES) for s in (a, b)))
    model = PowerModel(
        mixer=djtrans.DifferentiableDJMixer(),
        sources=sources,
        cross_power=measure_cross_power(a, b, sources.a),
        beat_times=BEAT_TIMES,
        swap_beat=4,
        sample_rate=RATE,
    )
    return model, RenderedPowerModel.of(model, djtrans.Pair(a, b))


def neutral(model):
    return torch.tensor(model.mixer.layout.neutral).repeat(2 * BEATS, 1)


def power(mix, skip=16):
    """Mean of the summed power, without the ends."""
    return float(mix.power[0, skip:-skip].sum(dim=-1).mean())


def test_tones_in_phase_add_up_as_amplitudes():
    model, rendered = models(tone(440.0, 0.3), tone(440.0, 0.1))
    values = neutral(model)
    assert power(rendered.predict(values)) == pytest.approx(0.4**2 / 2, rel=0.01)
    assert power(model.predict(values)) == pytest.approx(0.4**2 / 2, rel=0.01)


def test_tones_in_opposition_cancel():
    model, rendered = models(tone(440.0, 0.3), tone(440.0, 0.3, torch.pi))
    values = neutral(model)
    assert power(rendered.predict(values)) < 1e-5


def test_contributions_follow_the_faders():
    model, rendered = models(tone(440.0, 0.3), tone(1000.0, 0.2))
    values = neutral(model)
    values[:, model.mixer.layout.select("b/*/fader/gain")] = 0.5
    mix = rendered.predict(values)
    assert float(mix.b.power[0, 16:-16].sum(dim=-1).mean()) == pytest.approx(0.1**2 / 2, rel=0.01)
    assert float(mix.a.power[0, 16:-16].sum(dim=-1).mean()) == pytest.approx(0.3**2 / 2, rel=0.01)


def test_the_gradient_is_that_of_the_closed_form():
    """Power g^2 P of a fader g: the derivative is 2 g P."""
    model, rendered = models(tone(440.0, 0.3), tone(440.0, 0.0))
    layout = model.mixer.layout
    row = layout.index("a/other/fader/gain")
    values = neutral(model)
    values[:, row] = 0.5
    values.requires_grad_()
    mix = rendered.predict(values)
    mix.power[0, 16:-16].sum(dim=-1).mean().backward()
    assert float(values.grad[:, row].sum()) == pytest.approx(2 * 0.5 * 0.3**2 / 2, rel=0.02)


def test_a_batch_is_the_same_as_its_rows():
    model, rendered = models(tone(440.0, 0.3), tone(700.0, 0.2))
    one = neutral(model)
    two = one.clone()
    two[:, model.mixer.layout.select("a/*/fader/gain")] = 0.3
    both = rendered.predict(torch.stack([one, two]))
    for index, values in enumerate((one, two)):
        assert torch.allclose(both.power[index], rendered.predict(values).power[0], atol=1e-7)


def test_audio_of_a_high_rate_is_rendered_at_a_lower_one():
    stems = tone(440.0, 0.3)
    high = djtrans.Stems(torch.zeros(4, 2, 4 * 44100), STEMS, 44100)
    model, _ = models(stems, stems)
    rendered = RenderedPowerModel.of(model, djtrans.Pair(high, high))
    assert rendered.stems.a.sample_rate == 22050
    assert rendered.stems.a.audio.shape == (4, 2, 4 * 22050)
