"""Guided, varied and best-of-N sampling as options of generate."""

from __future__ import annotations

import pytest
import torch

import djtrans
from djtrans.cli.summary import describe
from djtrans.core.errors import InputError
from djtrans.core.transition.params_file import load_params
from djtrans.objectives import load_objectives
from djtrans.pipeline.curve_sampling import SAMPLES, sample_seeds
from djtrans.pipeline.options import MOST_CANDIDATES, STRONGEST
from djtrans.pipeline.power_measurement import power_model
from djtrans.pipeline.silence import SilenceWarning
from tests.helpers.models import save_random_model

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050
BASE = {"separator": "spectral", "technique": "bass-swap", "bars": 8, "context": 0}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return save_random_model(tmp_path_factory.mktemp("model"))


def cost(transition):
    """Weighted sum of the objectives, measured anew."""
    isolated = djtrans.Pair(False, False)
    tracks = djtrans.Pair(transition.a, transition.b)
    model = power_model(transition.mixer, transition.plan, tracks, isolated)
    with torch.no_grad():
        return float(load_objectives().evaluate(model.predict(transition.params)).total)


def test_the_best_of_several_is_the_one_with_the_lowest_cost(tracks, saved):
    options = {**BASE, "model": saved, "steps": 2, "refine": "off"}
    seeds = sample_seeds(5, 3)
    single = [djtrans.generate(*tracks, **options, seed=seed, best_of=1) for seed in seeds]
    best = djtrans.generate(*tracks, **options, seed=5, best_of=3)
    costs = [cost(transition) for transition in single]
    expected = single[costs.index(min(costs))]
    assert torch.allclose(best.params.values, expected.params.values, atol=1e-5)
    use = best.provenance.sampling
    assert (use.seed, use.best_of) == (seeds[costs.index(min(costs))], 3)
    assert "best of 3 by the objectives" in "\n".join(describe(best, [], 0.0))
    assert single[0].provenance.sampling is None


def test_a_model_is_sampled_several_times_and_a_technique_once(tracks, saved):
    assert djtrans.generate(*tracks, **BASE, model="none").provenance.sampling is None
    use = djtrans.generate(*tracks, **BASE, model=saved, steps=2).provenance.sampling
    assert use.best_of == SAMPLES == 4


def test_neighbouring_seeds_share_no_sample():
    each = [sample_seeds(seed, 4) for seed in (0, 1, 2, 2**63 - 1)]
    assert [seeds[0] for seeds in each] == [0, 1, 2, 2**63 - 1]
    assert len({seed for seeds in each for seed in seeds}) == 16
    assert all(0 <= seed < 2**63 for seeds in each for seed in seeds)


def test_the_rules_have_a_best_of_several_too(tracks):
    best = djtrans.generate(*tracks, **BASE, model="none", best_of=3)
    chosen = djtrans.generate(*tracks, **BASE, model="none", seed=best.provenance.sampling.seed)
    assert torch.equal(best.params.values, chosen.params.values)


@pytest.mark.slow
def test_guidance_by_objectives_lowers_the_cost(tracks):
    plain = djtrans.generate(*tracks, **BASE, seed=1)
    guided = djtrans.generate(*tracks, **BASE, seed=1, objective_guidance=0.2)
    assert cost(guided) < cost(plain)
    assert guided.provenance.sampling.objective_guidance == 0.2


def test_a_guide_is_called_at_every_step_with_the_request(tracks, saved):
    seen = []

    def silence(clean, level, request):
        seen.append((level.noise_fraction, request.technique, tuple(clean.shape)))
        return torch.full_like(clean, -1.0)

    with pytest.warns(SilenceWarning):
        made = djtrans.generate(*tracks, **BASE, model=saved, steps=3, guides=(silence,), best_of=1)
    assert len(seen) == 3
    assert seen[0][1:] == ("djtrans/bass-swap", (1, 64, 54))
    assert [s[0] for s in seen] == sorted((s[0] for s in seen), reverse=True)
    # The last step returns the guide's curves: every parameter at its minimum, but for the ends.
    minimum = torch.tensor([row.parameter.minimum for row in made.params.layout.rows])
    assert torch.allclose(made.params.values[4:-4], minimum.expand(56, -1), atol=1e-5)
    assert made.provenance.sampling.guides == ("silence",)


@pytest.mark.slow
def test_curves_are_varied_by_strength(tracks, tmp_path):
    path = tmp_path / "params.json"
    first = djtrans.generate(*tracks, **BASE, model="none")
    first.save_params(path)

    def varied(strength):
        return djtrans.generate(
            *tracks,
            separator="spectral",
            context=0,
            steps=20,
            vary=path,
            strength=strength,
            seed=3,
        )

    slightly, fully = varied(0.1), varied(1.0)
    assert slightly.plan == first.plan
    change = [
        float((made.params.values - first.params.values).abs().mean()) for made in (slightly, fully)
    ]
    assert change[0] < 0.5 * change[1]
    slightly.save_params(tmp_path / "varied.json")
    use = load_params(tmp_path / "varied.json").provenance.sampling
    assert (use.strength, use.seed) == (0.1, 3)
    with pytest.raises(InputError, match="not the file that the curves to vary were made for"):
        djtrans.generate(*tracks[::-1], separator="spectral", vary=path)


@pytest.mark.parametrize(
    "options", [{"objective_guidance": 0.1}, {"guides": (lambda c, _, __: c,)}, {"vary": "x.json"}]
)
def test_sampling_needs_a_model_which_is_known_before_the_work(options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.wav", "b.wav"):
        djtrans.write_audio(tmp_path / name, torch.zeros(1, RATE), RATE)
    with pytest.raises(InputError, match=f"{next(iter(options))}: .*choose a model|x.json"):
        djtrans.generate("a.wav", "b.wav", model="none", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"best_of": 0}, f"best_of = 0 .*auto, or 1 to {MOST_CANDIDATES}"),
        ({"best_of": "four"}, f"best_of = four .*auto, or 1 to {MOST_CANDIDATES}"),
        ({"objective_guidance": -0.1}, f"give 0 to {STRONGEST:g}"),
        ({"objective_guidance": float("nan")}, "objective_guidance = nan"),
        ({"strength": 0.0}, "strength = 0.0"),
        ({"n_frames": 2**70}, "n_frames = 1180591620717411303424 .*give 2 to 1000000"),
        ({"refine": "yes"}, "choose auto, off, powers, audio"),
        ({"vary": "p.json", "bars": 8}, "Both vary and bars"),
        ({"vary": "p.json", "technique": "fade", "key_shift": 1}, "technique, key_shift"),
    ],
)
def test_options_that_are_not_allowed(options, message):
    with pytest.raises(InputError, match=message):
        djtrans.GenerateOptions(**options)
