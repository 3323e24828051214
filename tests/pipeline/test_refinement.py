"""Refinement of finished transitions, accepted by what the rendered audio measures."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.cli.summary import describe
from djtrans.core.contracts.config import config_to_dict
from djtrans.core.errors import InputError
from djtrans.core.transition.params_file import load_params
from djtrans.objectives import load_objectives
from djtrans.pipeline import refinement
from djtrans.refinement import RefinedCurves, RefinementConfig
from djtrans.refinement.curves import UNNOTICED

pytestmark = pytest.mark.usefixtures("warm_cache")

CONFIG = RefinementConfig(steps=12)


@pytest.fixture(scope="module")
def original(tracks):
    """A transition whose faders close both tracks in the middle of the window."""
    made = djtrans.generate(
        *tracks, separator="spectral", technique="fade", bars=4, context=0, model="none"
    )
    values = made.params.values.clone()
    faders = made.params.layout.select("*/*/fader/gain")
    values[8:24, faders] *= 0.2
    return refinement.rendered(made, made.mixer, values, made.provenance)


@pytest.fixture(scope="module")
def refined(original):
    return djtrans.refine(original, CONFIG)


def number(transition, name):
    (found,) = [m.number for m in transition.metrics().measured if m.declared.name == name]
    return found


def test_a_dip_is_filled(original, refined):
    use = refined.provenance.refinement
    assert use.accepted
    assert use.after["loudness-dip"] < use.before["loudness-dip"]
    assert number(refined, "loudness_dip_lu") < number(original, "loudness_dip_lu") - 2.0
    assert "loudness-dip" in use.reason


def test_no_gate_and_no_metric_got_worse(original, refined):
    assert refinement.worsened(original.metrics(), refined.metrics()) == []


def test_nothing_is_boosted_and_the_ends_are_kept(original, refined):
    layout = refined.params.layout
    neutral = torch.tensor(layout.neutral)
    gains = [row.index for row in layout.rows if row.parameter.curve == "gain"]
    values = refined.params.values
    allowed = torch.maximum(neutral, original.params.values)[:, gains]
    assert bool((values[:, gains] <= allowed + 1e-5).all())
    assert torch.equal(values[[0, -1]], original.params.values[[0, -1]])


def test_it_is_reproducible_and_recorded(original, refined, tmp_path):
    again = djtrans.refine(original, CONFIG)
    assert torch.equal(again.audio, refined.audio)
    refined.save_params(tmp_path / "refined.json")
    use = load_params(tmp_path / "refined.json").provenance.refinement
    assert use == refined.provenance.refinement
    assert use.config == {**config_to_dict(RefinementConfig()), "steps": 12}
    assert "refined      by tracks: predicted cost" in "\n".join(describe(refined, [], 0.0))


def test_the_original_is_kept_if_the_audio_is_worse(original, monkeypatch):
    monkeypatch.setattr(refinement, "worsened", lambda old, new: ["masking_fraction .1 to .2"])
    kept = djtrans.refine(original, CONFIG)
    assert torch.equal(kept.params.values, original.params.values)
    assert kept.rendered is original.rendered
    use = kept.provenance.refinement
    assert not use.accepted
    assert "worse: masking_fraction .1 to .2" in use.reason
    assert "refined      no, the refined transition was worse" in "\n".join(describe(kept, [], 0.0))


def test_weights_choose_what_is_improved(original):
    others = {
        component.declaration.name: 0.0
        for component in djtrans.default_registry().objectives.declared
        if component.declaration.name != "masking"
    }
    use = djtrans.refine(original, CONFIG, weights=others).provenance.refinement
    assert set(use.weights) == {"masking"}
    with pytest.raises(InputError, match=r"no objective 'maskin'.*masking"):
        djtrans.refine(original, weights={"maskin": 1.0})


def test_a_transition_without_a_mixer_is_refused(original):
    with pytest.raises(InputError, match="holds no mixer"):
        djtrans.refine(attrs.evolve(original, mixer=None))


@pytest.mark.slow
def test_refinement_on_audio_makes_no_metric_worse(original):
    refined = djtrans.refine(original, RefinementConfig(prediction="audio", audio_steps=5))
    assert refinement.worsened(original.metrics(), refined.metrics()) == []
    assert refined.provenance.refinement.reason


@pytest.mark.parametrize(
    ("name", "change", "worse"),
    [
        ("beat_offset_p95_ms", 0.9, False),
        ("beat_offset_p95_ms", 1.1, True),
        ("loudness_dip_lu", 0.09, False),
        ("loudness_dip_lu", 0.11, True),
        ("loudness_dip_lu", -1.0, False),
        ("longest_hole_ms", 9.0, False),
        ("longest_hole_ms", 11.0, True),
        ("key_distance_steps", 1.0, True),
        ("chroma_consonance", -1.0, False),
        ("curves_moving", 9.0, False),
    ],
)
def test_a_metric_is_worse_if_the_change_is_noticeable(original, name, change, worse):
    before = original.metrics()
    numbered = [
        attrs.evolve(m, number=3.0) if m.declared.name == name else m for m in before.measured
    ]
    before = attrs.evolve(before, measured=tuple(numbered))
    changed = [
        attrs.evolve(m, number=3.0 + change) if m.declared.name == name else m for m in numbered
    ]
    after = attrs.evolve(before, measured=tuple(changed))
    assert bool(refinement.worsened(before, after)) is worse


def test_curves_of_a_model_are_refined_before_they_are_rendered(tracks):
    shared = {"separator": "spectral", "technique": "fade", "bars": 4, "context": 0}
    plain = djtrans.generate(*tracks, **shared, refine="off")
    made = djtrans.generate(*tracks, **shared)
    use = made.provenance.refinement
    assert plain.provenance.model is not None
    assert plain.provenance.refinement is None
    if use.accepted:
        weights = use.weights
        total = [sum(weights[n] * v for n, v in x.items()) for x in (use.before, use.after)]
        assert total[1] < total[0]
        assert all(
            weights[n] * (use.after[n] - use.before[n]) <= UNNOTICED
            for n in ("loudness-dip", "bass-overlap", "masking")
        )
        assert not torch.equal(made.params.values, plain.params.values)
    else:
        assert torch.equal(made.params.values, plain.params.values)
    rules = djtrans.generate(*tracks, **shared, model="none")
    assert rules.provenance.refinement is None


def test_a_candidate_with_a_worse_term_is_passed_over():
    objectives = load_objectives()
    before = dict.fromkeys(objectives.weights, 1.0)
    worse = before | {"loudness-dip": 0.0, "masking": 1.02}  # times 10
    controls = before | {"loudness-dip": 0.5, "controls": 9.0}  # cannot be descended on
    slightly = before | {"loudness-dip": 0.96}  # 0.08 less
    every = (worse, slightly, controls)
    found = RefinedCurves((torch.zeros(1),) * 3, before, every, None, "track")
    assert found.without_worse_terms(objectives) == 2
    assert (
        RefinedCurves((torch.zeros(1),), before, (worse,), None, "").without_worse_terms(objectives)
        is None
    )
