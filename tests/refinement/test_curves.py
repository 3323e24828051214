"""Refined curves are better than the original ones, and remain a transition."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.curves.params import conform
from djtrans.core.errors import InputError
from djtrans.objectives import load_objectives
from djtrans.refinement import RefinementConfig, refine_curves
from tests.helpers.stem_powers import LAYOUT, bass_powers, neutral, power_model, random_powers

BEATS = 16
QUICK = RefinementConfig(steps=8)
OBJECTIVES = load_objectives()


def model(isolated=True):
    a, b = (attrs.evolve(bass_powers([True] * BEATS), isolated=isolated) for _ in "ab")
    lines = djtrans.Pair((0.0, 4.0, 8.0, 12.0), (0.0, 8.0))
    return power_model(a, b, phrase_beats=lines)


def fade(technique="fade"):
    request = djtrans.CurveRequest(LAYOUT, n_frames=2 * BEATS, swap_beat=BEATS // 2)
    return conform(djtrans.load_technique(technique).generate(request), LAYOUT)


@pytest.fixture(scope="module")
def refined():
    return refine_curves(model(), fade(), OBJECTIVES, QUICK)


def total(values):
    return float(OBJECTIVES.evaluate(model().predict(values)).total)


def weighted(values):
    return sum(OBJECTIVES.weights[name] * value for name, value in values.items())


def test_candidates_are_better_than_the_curves_and_sorted(refined):
    totals = [total(values) for values in refined.candidates]
    assert totals
    assert totals == sorted(totals)
    assert totals[-1] < total(fade())


def test_predicted_values_are_those_of_the_candidates(refined):
    assert weighted(refined.before) == pytest.approx(total(fade()), rel=1e-4)
    assert len(refined.after) == len(refined.candidates)
    for values, predicted in zip(refined.candidates, refined.after, strict=True):
        assert weighted(predicted) == pytest.approx(total(values), rel=1e-4)


def test_two_basses_are_separated(refined):
    """A fade between two basses: the search finds an owner for each phrase."""
    assert refined.before["bass-overlap"] > 3.0
    assert refined.low_end.changed
    assert refined.after[0]["bass-overlap"] < 0.5 * refined.before["bass-overlap"]


def test_candidates_begin_with_a_and_end_with_b(refined):
    for values in refined.candidates:
        assert torch.equal(values, conform(values, LAYOUT))
        assert torch.equal(values[[0, -1]], fade()[[0, -1]])


def test_no_gain_is_raised_above_the_curves_or_neutral(refined):
    gains = LAYOUT.select("*/*/fader/gain") + LAYOUT.select("*/*/eq/*")
    highest = torch.maximum(fade(), torch.tensor(LAYOUT.neutral))[:, gains]
    for values in refined.candidates:
        # Values near a stop of their range are snapped to it.
        assert bool((values[:, gains] <= highest + 0.02).all())


@pytest.mark.parametrize(
    ("level", "isolated", "used"),
    [("auto", True, "stem"), ("auto", False, "track"), ("track", True, "track")],
)
def test_stems_are_moved_apart_only_where_they_are_isolated(level, isolated, used):
    config = attrs.evolve(QUICK, level=level)
    found = refine_curves(model(isolated), fade(), OBJECTIVES, config)
    assert found.level == used
    if used == "track":
        for values in found.candidates:
            for track in "ab":
                faders = values[:, LAYOUT.select(f"{track}/*/fader/gain")]
                assert torch.equal(faders, faders[:, :1].expand_as(faders))


def test_curves_without_a_fault_in_silence_have_no_candidates():
    silent = random_powers(1, BEATS)
    silent = attrs.evolve(silent, power=0 * silent.power, mix_power=0 * silent.mix_power)
    found = refine_curves(power_model(silent, silent), fade("bass-swap"), OBJECTIVES, QUICK)
    assert found.candidates == found.after == ()


def test_refining_repeats_and_leaves_the_curves_alone(refined):
    values = fade()
    again = refine_curves(model(), values, OBJECTIVES, QUICK)
    assert torch.equal(values, fade())
    assert again.low_end == refined.low_end
    assert all(map(torch.equal, again.candidates, refined.candidates))


def test_refinement_on_audio_needs_a_model_that_renders():
    config = attrs.evolve(QUICK, prediction="audio")
    with pytest.raises(InputError, match="give `rendered`"):
        refine_curves(model(), fade(), OBJECTIVES, config)


def test_progress_rises_to_1():
    reported = []
    refine_curves(model(), fade(), OBJECTIVES, QUICK, progress=reported.append)
    assert reported == sorted(reported)
    assert len(reported) == 2 * QUICK.steps
    assert reported[-1] == 1.0


def test_a_window_of_one_bar_is_refined():
    powers = bass_powers([True] * 4)
    values = conform(neutral(4), LAYOUT)
    found = refine_curves(power_model(powers, powers), values, OBJECTIVES, QUICK)
    assert found.candidates == ()
    assert set(found.before) == set(OBJECTIVES.weights)
