"""A model in the place of a technique: what it is told, what is recorded, when it does not draw."""

from __future__ import annotations

import json

import attrs
import pytest
import torch

import djtrans
from djtrans.cli.summary import describe
from djtrans.core.errors import InputError, LayoutError
from djtrans.core.transition.params_file import load_params
from djtrans.diffusion.loading import load_model
from djtrans.synthesis import TrackSpec, synthesize
from tests.helpers.models import save_random_model

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050
EULER = {"settings": {"scheduler.order": 1}}


@pytest.fixture(scope="module")
def tracks():
    spec = TrackSpec(bpm=172.0, seed=1, structure=(("intro", 8), ("drop", 16)), sample_rate_hz=RATE)
    return [
        djtrans.Track(synthesize(attrs.evolve(spec, bpm=bpm, seed=seed)).audio, RATE, f"{seed}")
        for seed, bpm in ((1, 172.0), (2, 170.0))
    ]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return save_random_model(tmp_path_factory.mktemp("model"))


def generate(tracks, **options):
    options = {"separator": "spectral", "technique": "bass-swap", "bars": 8, **options}
    return djtrans.generate(*tracks, context=0, **options)


def test_a_model_draws_and_the_params_file_says_so(tracks, saved, tmp_path):
    transition = generate(tracks, model=saved, steps=2, guidance_scale=1.5, seed=4)
    rules = generate(tracks, model="none", seed=4)
    assert transition.plan == rules.plan
    assert not torch.allclose(transition.params.values, rules.params.values)
    used = transition.provenance.model
    assert (used.name, used.scheduler) == ("model.safetensors", "djtrans/flow")
    assert (used.steps, used.guidance_scale) == (2, 1.5)
    assert used.scheduler_config == {"order": 1, "spacing": "cosine"}
    assert len(used.sha256) == 64
    assert rules.provenance.model is None
    transition.save_params(tmp_path / "params.json")
    assert json.loads((tmp_path / "params.json").read_text())["model"]["steps"] == 2
    again = generate(tracks, model=load_model(saved, "cpu"), steps=2, guidance_scale=1.5, seed=4)
    assert torch.equal(again.audio, transition.audio)
    other = generate(tracks, model=saved, steps=2, guidance_scale=1.5, seed=5)
    assert not torch.equal(other.params.values, transition.params.values)


def test_the_settings_of_the_scheduler_are_kept_in_the_params_file(tracks, saved, tmp_path):
    model = load_model(saved, "cpu")
    for asked in (
        {"scheduler": ("flow", {"order": 2, "spacing": "even"})},
        {"scheduler": "flow", "settings": {"scheduler.spacing": "even"}},
        {"settings": {"scheduler.order": 2, "scheduler.spacing": "even"}},
    ):
        transition = generate(tracks, model=model, steps=3, **asked)
        used = transition.provenance.model
        assert used.scheduler_config == {"order": 2, "spacing": "even"}
    assert "3 steps of flow (spacing=even), guidance" in "\n".join(describe(transition, [], 1.0))
    transition.save_params(tmp_path / "params.json")
    assert load_params(tmp_path / "params.json").provenance.model == used
    document = json.loads((tmp_path / "params.json").read_text())
    del document["model"]["scheduler_config"]  # as older versions wrote it
    (tmp_path / "older.json").write_text(json.dumps(document))
    assert load_params(tmp_path / "older.json").provenance.model.scheduler_config == {}


def test_the_ends_are_pinned_whatever_the_model_draws(tracks, saved):
    params = generate(tracks, model=saved, steps=1).params
    layout = params.layout
    assert (params.values[0, layout.select("b/*/fader/gain")] == 0).all()
    assert (params.values[-1, layout.select("a/*/fader/gain")] == 0).all()


@pytest.mark.slow
def test_curves_are_resampled(tracks, saved):
    drawn = generate(tracks, model=saved, steps=1, n_frames=256)
    assert drawn.params.values.shape == (256, 54)
    assert generate(tracks, n_frames=100).params.values.shape == (100, 54)


def test_what_the_model_cannot_draw_is_drawn_by_its_rules_and_said(tracks, saved):
    with pytest.warns(UserWarning, match=r"cut is drawn by its rules.* 4 to 64 bars.* has 2"):
        short = generate(tracks, model=saved, technique="cut", bars=None)
    assert short.provenance.model is None
    with pytest.warns(UserWarning, match=r"sum is drawn by its rules.* was not taught"):
        generate(tracks, model=saved, technique="sum")


def test_sampling_without_a_model_is_refused(tracks, monkeypatch, tmp_path):
    monkeypatch.setattr("djtrans.diffusion.loading.SHIPPED", tmp_path / "none")
    for asked in ({"steps": 3}, {"guidance_scale": 1.0}, {"scheduler": "ddim"}, EULER):
        with pytest.raises(InputError, match=r"only a model is sampled; name one \(--model\)"):
            generate(tracks, **asked)
        with pytest.raises(InputError, match=r"only a model is sampled"):
            generate(tracks, model="none", **asked)


def test_a_model_for_another_mixer_is_refused_before_the_separation(tracks, saved, monkeypatch):
    def separating(*_, **__):
        raise AssertionError("separated")

    monkeypatch.setattr("djtrans.pipeline.preparation.align_and_separate", separating)
    spec = djtrans.resolve_spec("dj54")
    fewer = attrs.evolve(
        spec,
        stem_chain=tuple(node for node in spec.stem_chain if node.id != "hpf"),
        aliases={k: v for k, v in spec.aliases.items() if not k.startswith("hpf")},
    )
    with pytest.raises(LayoutError, match="trained for another mixer"):
        generate(tracks, model=saved, mixer=fewer)
