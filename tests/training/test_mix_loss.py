"""Loss on the predicted mix: its value, its gradient, and where it has none."""

from __future__ import annotations

import math

import pytest
import torch

import djtrans
from djtrans.core.errors import InputError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.core.transition.pair import Pair
from djtrans.datasets.batch import MixSources
from djtrans.diffusion.normalization import Scaling
from djtrans.objectives import load_objectives, measure_stem_powers
from djtrans.training.loss import TrainingLoss
from djtrans.training.mix_loss import MixLoss
from djtrans.training.options import TrainOptions

RATE, BEAT, BEATS = 22050, 0.5, 16


@pytest.fixture(scope="module")
def mixer():
    return djtrans.DifferentiableDJMixer()


@pytest.fixture(scope="module")
def sources():
    generator = torch.Generator().manual_seed(0)
    beats = torch.arange(BEATS + 1, dtype=torch.float64) * BEAT

    def track():
        audio = 0.1 * torch.randn(4, 1, int(RATE * BEAT * BEATS), generator=generator)
        return measure_stem_powers(Stems(audio, STEMS, RATE), beats, cells_per_beat=4)

    return MixSources(
        row=1,
        sources=Pair(track(), track()),
        beat_times=beats,
        swap_beat=8.0,
        phrase_beats=Pair((0.0,), (0.0,)),
        frames_per_beat=2,
        beats_per_bar=4,
    )


@pytest.fixture(scope="module")
def curves(mixer):
    request = djtrans.CurveRequest(mixer.layout, n_frames=2 * BEATS, swap_beat=8.0)
    values = djtrans.load_technique("linear-fade").generate(request)
    scaled = Scaling(mixer.layout).to_model(values)
    return torch.stack([torch.zeros_like(scaled), scaled])


def test_the_loss_is_the_logarithm_of_the_cost_less_the_noise(mixer, sources, curves):
    objectives = load_objectives().descending()
    loss = MixLoss(mixer, load_objectives())
    values = Scaling(mixer.layout).from_model(curves[1])
    cost = float(objectives.evaluate(sources.model(mixer).predict(values)).total)
    assert cost > 1.0  # a linear fade of noise dips
    noise = torch.tensor([0.9, 0.25])
    found = loss(curves, curves, noise, [sources])
    assert float(found) == pytest.approx(0.75 * math.log1p(cost), rel=1e-4)
    assert float(loss(curves, curves, noise, [])) == 0.0
    # Objectives that are worse than the target's count again.
    start = curves.clone()
    start[1, :16, list(mixer.layout.select("a/*/fader/gain"))] = -0.5  # A is quiet from the start
    own = objectives.evaluate(
        sources.model(mixer).predict(Scaling(mixer.layout).from_model(start[1]))
    )
    target = objectives.evaluate(sources.model(mixer).predict(values))
    worse = sum(
        weight * max(0.0, float(own.values[name] - target.values[name]))
        for name, weight in objectives.weights.items()
    )
    assert worse > 1.0
    expected = 0.75 * (math.log1p(float(own.total)) + worse / (1.0 + cost))
    assert float(loss(start, curves, noise, [sources])) == pytest.approx(expected, rel=1e-4)
    # Each transition is read from its own row.
    twice = loss(curves.flip(0), curves.flip(0), noise, [sources])
    assert float(twice) != pytest.approx(float(found), rel=1e-3)


def test_a_step_against_the_gradient_lowers_the_loss(mixer, sources, curves):
    loss, noise = MixLoss(mixer, load_objectives()), torch.zeros(2)
    predicted = curves.clone().requires_grad_()
    before = loss(predicted, curves, noise, [sources])
    (gradient,) = torch.autograd.grad(before, predicted)
    assert not bool(gradient[0].any())  # the other transition has no powers
    after = loss(curves - 0.02 * gradient / gradient.abs().max(), curves, noise, [sources])
    assert float(after) < float(before.detach())


def test_the_gradient_moves_controls_on_bar_lines(mixer, sources, curves):
    predicted = curves.clone().requires_grad_()
    loss = MixLoss(mixer, load_objectives())(predicted, curves, torch.zeros(2), [sources])
    (gradient,) = torch.autograd.grad(loss, predicted)
    least = 1e-5 * float(gradient.abs().max())
    assert least > 0.0
    # Bars of 8 frames: the ends of the window are fixed, and each bar is a straight line.
    assert float(gradient[1, [0, -1]].abs().max()) < least
    second = gradient[1, 2:31] - 2.0 * gradient[1, 1:30] + gradient[1, :29]
    bends = second.abs() > least
    at = {1 + index for index in bends.any(dim=1).nonzero().flatten().tolist()}
    assert at <= {8, 16, 24, 30}
    # An EQ band of all stems moves as one; a cutoff that is not used does not move.
    high = gradient[1][:, mixer.layout.select("a/*/eq/high")]
    assert torch.allclose(high, high[:, :1].expand_as(high))
    assert bool(high.any())
    for still in ("*/*/lpf/cutoff", "*/*/eq/low"):
        assert not bool(gradient[1][:, mixer.layout.select(still)].any())


def test_boosts_beyond_the_target_change_nothing(mixer, sources, curves):
    loss, noise = MixLoss(mixer, load_objectives()), torch.zeros(2)
    mids = mixer.layout.select("*/*/eq/mid")
    boosted = curves.clone()
    boosted[:, :, mids] = 1.0
    boosted.requires_grad_()
    found = loss(boosted, curves, noise, [sources])
    plain = float(loss(curves, curves, noise, [sources]))
    assert float(found.detach()) == pytest.approx(plain, rel=1e-5)
    (gradient,) = torch.autograd.grad(found, boosted)
    assert not bool(gradient[:, :, mids].any())
    # A boost that the target has counts.
    both = boosted.detach()
    assert float(loss(both, both, noise, [sources])) != pytest.approx(plain, rel=1e-3)


def test_a_weight_without_objectives_is_refused():
    with pytest.raises(InputError, match="there are no objectives to evaluate; pass a MixLoss"):
        TrainingLoss(None, TrainOptions(mix_weight=0.1))
