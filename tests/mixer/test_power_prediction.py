"""Predicted powers against the power of the rendered audio."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import frame_times
from djtrans.core.track.stem_names import STEMS
from djtrans.mixer.power_prediction import predict_powers, unpredicted_nodes
from djtrans.objectives import measure_cross_power, measure_stem_powers

RATE, BEATS = 22050, 16
#: Below this, 10 dB under the tracks, nothing is compared: an edge begins 10 ms before its beat.
FLOOR = 1e-3
BEAT_TIMES = torch.arange(BEATS + 1, dtype=torch.float64) * 0.5


def noise(seed):
    """Four stems of independent noise in different parts of the spectrum."""
    generator = torch.Generator().manual_seed(seed)
    white = torch.randn(4, 1, round(BEATS * 0.5 * RATE), generator=generator)
    spectrum = torch.fft.rfft(white)
    hz = torch.linspace(0, RATE / 2, spectrum.shape[-1])
    bands = [(30, 8000), (30, 300), (300, 4000), (100, 10000)]
    shape = torch.stack([((hz >= low) & (hz < high)).float() for low, high in bands])
    audio = torch.fft.irfft(spectrum * shape[:, None], n=white.shape[-1])
    return djtrans.Stems(0.05 * audio / audio.std(), STEMS, RATE)


@pytest.fixture(scope="module")
def scene():
    mixer = djtrans.DifferentiableDJMixer()
    stems = djtrans.Pair(noise(1), noise(2))
    sources = stems.map(lambda s: measure_stem_powers(s, BEAT_TIMES))
    cross = measure_cross_power(stems.a, stems.b, sources.a)
    return mixer, stems, sources, cross


def rendered(scene, values):
    """Beat powers of the rendered contributions and the mix, in dB."""
    mixer, stems, _, _ = scene
    times = frame_times(BEAT_TIMES, len(values), 2)
    params = djtrans.TransitionParams(values, mixer.layout, times, BEAT_TIMES)
    with torch.no_grad():
        out = mixer(stems.a, stems.b, params)
    return [_beat_db(x) for x in (out.a, out.b, out.mix)]


def _beat_db(audio):
    return 10 * torch.log10(audio.square().mean(0).view(BEATS, -1).mean(1) + FLOOR)


def predicted(scene, values):
    mixer, _, sources, cross = scene
    ctx = RenderContext(RATE, BEAT_TIMES, frame_times(BEAT_TIMES, len(values), 2))
    powers = predict_powers(mixer, values[None], ctx, sources, cross)
    each = (powers.tracks.a, powers.tracks.b, powers.mix)
    return [10 * torch.log10(p[0].sum(-1).view(BEATS, -1).mean(1) + FLOOR) for p in each]


def curves(mixer, **changes):
    values = torch.tensor(mixer.layout.neutral).expand(2 * BEATS, -1).clone()
    for pattern, value in changes.items():
        values[:, mixer.layout.select(pattern)] = torch.as_tensor(value)[..., None]
    return values


SCENES = {
    "neutral": {},
    "faders": {"a/*/fader/gain": torch.linspace(1.0, 0.1, 2 * BEATS)},
    "low killed": {"a/*/eq/low": 0.0, "b/*/eq/high": 0.3},
    "a step": {"b/*/fader/gain": (torch.arange(2 * BEATS) >= BEATS).float()},
    "filters": {"a/*/lpf/cutoff": 0.5, "b/*/hpf/cutoff": 0.5},
    "reverb": {"a/track/reverb/send": 1.0},
    "echo": {"b/track/delay/send": 1.0, "b/track/delay/feedback": 0.6},
}


@pytest.mark.parametrize("name", SCENES)
def test_the_predicted_power_is_that_of_the_rendered_audio(scene, name):
    values = curves(scene[0], **SCENES[name])
    for expected, found in zip(rendered(scene, values), predicted(scene, values), strict=True):
        assert (expected - found).abs().max() < 1.0
        assert (expected - found).abs().mean() < 0.35


def test_tracks_in_phase_add_up_as_amplitudes(scene):
    """The same sound in both tracks is 6 dB louder, and with one of them inverted it is silent."""
    mixer, stems, sources, _ = scene
    ctx = RenderContext(RATE, BEAT_TIMES, frame_times(BEAT_TIMES, 2 * BEATS, 2))
    values = curves(mixer)[None]
    same = djtrans.Pair(sources.a, sources.a)
    for sign, decibels in ((1.0, 6.02), (-1.0, -50.0)):
        other = stems.a.scaled(sign)
        cross = measure_cross_power(stems.a, other, sources.a)
        powers = predict_powers(mixer, values, ctx, same, cross)
        ratio = powers.mix.sum() / powers.tracks.a.sum()
        assert max(10 * float(torch.log10(ratio)), -50.0) == pytest.approx(decibels, abs=0.1)


def test_every_node_of_the_default_mixer_is_predicted(scene):
    assert unpredicted_nodes(scene[0]) == ()


def test_a_batch_is_its_rows(scene):
    mixer, _, sources, cross = scene
    ctx = RenderContext(RATE, BEAT_TIMES, frame_times(BEAT_TIMES, 2 * BEATS, 2))
    rows = torch.stack([curves(mixer, **SCENES[name]) for name in ("faders", "echo", "filters")])
    together = predict_powers(mixer, rows, ctx, sources, cross).mix
    for index in range(len(rows)):
        alone = predict_powers(mixer, rows[index : index + 1], ctx, sources, cross).mix
        assert torch.allclose(together[index], alone[0], rtol=1e-4, atol=1e-9)


def test_stems_of_other_names_are_refused(scene):
    mixer, _, sources, _ = scene
    ctx = RenderContext(RATE, BEAT_TIMES, frame_times(BEAT_TIMES, 2 * BEATS, 2))
    wrong = attrs.evolve(sources.a, stem_names=("a", "b", "c", "d"))
    with pytest.raises(djtrans.DjtransError, match="the mixer has drums"):
        predict_powers(mixer, curves(mixer)[None], ctx, djtrans.Pair(wrong, sources.b))
