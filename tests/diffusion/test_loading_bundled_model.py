"""The bundled model exists, is small, and generates curves by default."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.curves.params import conform, faders
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError
from djtrans.diffusion.model_files import BUNDLED_MODEL
from djtrans.diffusion.normalization import Scaling
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050
OPTIONS = {"separator": "spectral", "technique": "bass-swap", "bars": 8, "context": 0}


@pytest.fixture(scope="module")
def model():
    return djtrans.load_model(device="cpu")


@pytest.fixture(scope="module")
def tracks():
    spec = TrackSpec(bpm=172.0, structure=(("intro", 8), ("drop", 16)), sample_rate_hz=RATE)
    return [
        djtrans.Track(synthesize(attrs.evolve(spec, bpm=bpm, seed=seed)).audio, RATE, f"{seed}")
        for seed, bpm in ((1, 172.0), (2, 170.0))
    ]


def test_it_is_small(model):
    assert BUNDLED_MODEL.stat().st_size <= 10e6
    assert sum(p.numel() for p in model.network.parameters()) <= 2.5e6


def test_its_card_describes_the_training(model):
    assert model.card["train"]["steps"] >= 10_000
    assert model.card["data"]["options"]["tracks"] >= 50
    assert "seed" in model.card["train"]


def test_it_generates_curves_by_default(tracks):
    made = djtrans.generate(*tracks, **OPTIONS)
    assert made.provenance.model.name == BUNDLED_MODEL.name
    assert made.provenance.model.steps == 10
    assert made.provenance.model.guidance_scale == 1.0
    assert djtrans.generate(*tracks, **OPTIONS, model="none").provenance.model is None


def test_the_basses_change_hands_on_the_line(tracks):
    """What a bass swap is, seen on the model's curves: one owner of the lows, from the line on."""
    made = djtrans.generate(*tracks, **OPTIONS)
    line = made.plan.swap_beat * made.plan.frames_per_beat

    def lows(track):
        keys = [f"{track}/bass/{node}" for node in ("fader/gain", "eq/low")]
        return made.params.row(keys[0]) * made.params.row(keys[1])

    a, b = lows("a"), lows("b")
    assert (a[: line - 2] > 0.7).all()
    assert (b[: line - 2] < 0.1).all()
    assert (a[line + 2 :] < 0.1).all()
    assert (b[line + 2 :] > 0.7).all()


def test_the_technique_determines_the_curves(model):
    layout = djtrans.mixer_layout()
    request = CurveRequest(layout, 64, 24, seed=1)
    drawn = {
        name: conform(model.generate(attrs.evolve(request, technique=f"djtrans/{name}")), layout)
        for name in ("echo-out", "eq-blend")
    }
    sends = layout.select("a/track/delay/send")
    assert float(drawn["echo-out"][:, sends].max()) > 0.5
    assert float(drawn["eq-blend"][:, sends].max()) == 0.0


def test_seeds_give_different_transitions_that_end_where_they_must(model):
    layout = djtrans.mixer_layout()
    request = CurveRequest(layout, 128, 32, technique="djtrans/bass-swap")
    one, two = (conform(model.generate(attrs.evolve(request, seed=s)), layout) for s in (1, 2))
    assert float((Scaling(layout).to_model(one - two)).abs().max()) > 0.05
    for values in (one, two):
        assert torch.equal(values[0, faders(layout, "b")], torch.zeros(4))
        assert torch.equal(values[-1, faders(layout, "a")], torch.zeros(4))


def test_another_mixer_falls_back_to_rules_with_a_warning(tracks):
    spec = djtrans.resolve_spec("dj54")
    fewer = attrs.evolve(
        spec,
        stem_chain=tuple(node for node in spec.stem_chain if node.id != "hpf"),
        aliases={k: v for k, v in spec.aliases.items() if not k.startswith("hpf")},
    )
    with pytest.warns(UserWarning, match=r"by its rules, not by the model.*another mixer"):
        made = djtrans.generate(*tracks, **OPTIONS, mixer=fewer)
    assert made.provenance.model is None


def test_windows_too_short_for_it_are_generated_by_rules_with_a_reason(tracks, recwarn):
    made = djtrans.generate(*tracks, technique="cut", separator="spectral", context=0)
    assert made.provenance.model is None
    why = "by its rules, not by the model: the model supports 4 to 64 bars, the plan has 2"
    assert f"the technique is generated {why}" in made.plan.reasons
    assert not [w for w in recwarn if "rules" in str(w.message)]


def test_settings_of_the_technique_are_for_its_rules(tracks):
    settings = {"technique.entry_gain": 0.6}
    with pytest.warns(UserWarning, match=r"does not support technique\.entry_gain"):
        made = djtrans.generate(*tracks, **OPTIONS, settings=settings)
    assert made.provenance.model is None
    with pytest.raises(InputError, match=r"which a model does not support"):
        djtrans.generate(*tracks, **OPTIONS, settings=settings, model=BUNDLED_MODEL)
