"""The sidechain example: A is quieter under B's drums, as far as they are heard."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import djtrans
from djtrans import Registry

FILE = Path(__file__).resolve().parents[2] / "examples/sidechain.py"
RATE = 22050


@pytest.fixture(scope="module")
def registry():
    made = Registry(discover=False)
    made.register_file(FILE)
    return made


@pytest.fixture(scope="module")
def mixer(registry):
    return djtrans.DifferentiableDJMixer("dj56", registry=registry)


def curves(mixer, **changed):
    values = torch.tensor(mixer.layout.neutral).repeat(2, 1)
    for key, value in changed.items():
        values[:, mixer.layout.select(key.replace("__", "/"))] = value
    return values


def stems(*present):
    """Steady tones of 400 Hz in these stems, as loud as -20 dBFS."""
    audio = torch.zeros(4, 1, RATE)
    tone = 0.1 * 2**0.5 * torch.sin(2 * torch.pi * 400 * torch.arange(RATE) / RATE)
    audio[list(present)] = tone
    return audio


def level_db(audio):
    return float(10 * audio[..., RATE // 2 : -2048].square().mean().log10())


def test_a_falls_under_the_drums_of_b_by_the_depth(mixer):
    plain = mixer(stems(3), stems(0), curves(mixer), sample_rate=RATE)
    ducked = mixer(stems(3), stems(0), curves(mixer, a__track__pump__depth=1.0), sample_rate=RATE)
    # A key 10 dB above the threshold: the gain is 1 - 10 / 11.
    fall = level_db(plain.a) - level_db(ducked.a)
    assert fall == pytest.approx(20.83, abs=0.1)
    assert torch.equal(ducked.b, plain.b)


def test_drums_that_are_not_heard_and_other_stems_duck_nothing(mixer):
    depth = {"a__track__pump__depth": 1.0}
    plain = mixer(stems(3), stems(0), curves(mixer), sample_rate=RATE)
    closed = curves(mixer, b__drums__fader__gain=0.0, **depth)
    for other, values in ((stems(0), closed), (stems(1), curves(mixer, **depth))):
        out = mixer(stems(3), other, values, sample_rate=RATE)
        assert level_db(out.a) == pytest.approx(level_db(plain.a), abs=0.01)


@pytest.mark.usefixtures("warm_cache")
def test_a_transition_uses_it(registry):
    structure = (("intro", 8), ("drop", 16))
    specs = [
        djtrans.TrackSpec(bpm=bpm, seed=seed, sample_rate_hz=RATE, structure=structure)
        for seed, bpm in ((1, 172.0), (2, 170.0))
    ]
    tracks = [djtrans.Track(djtrans.synthesize(s).audio, RATE, f"{s.seed}") for s in specs]
    made = djtrans.generate(
        *tracks,
        technique="pump",
        mixer="dj56",
        bars=8,
        separator="spectral",
        context=0,
        model="none",
        registry=registry,
    )
    depth = made.params.row("a/track/pump/depth")
    assert float(depth.max()) == pytest.approx(0.7, abs=0.01)
    assert made.provenance.mixer.versions["sidechain/pump"] == 1
    assert torch.isfinite(made.audio).all()
    assert made.metrics(registry=registry).gates
