"""Curves are recovered from a mix that was rendered under known ones."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.errors import InputError, ShapeError
from djtrans.inverse.error import error_by_band
from djtrans.inverse.fitting import fit_curves
from djtrans.inverse.gain_measurement import EffectiveGains, effective_gains
from djtrans.inverse.gradient_descent import DescentOptions, descend
from djtrans.inverse.levels import level_trims
from djtrans.inverse.loss import SpectralLoss


@pytest.fixture(scope="module")
def fit(composed):
    return fit_curves(
        composed.mixer,
        composed.mix,
        composed.a,
        composed.b,
        composed.params.beat_times,
        options=DescentOptions(steps=4),
    )


@pytest.mark.slow
def test_effective_gains_are_found_where_a_stem_is_heard(composed, fit):
    truth = effective_gains(composed.mixer, composed.params, composed.a, composed.b)
    found = effective_gains(composed.mixer, fit.params, composed.a, composed.b)
    assert found.error(truth) < 0.05
    assert fit.domain == "complex"


def test_the_bass_swap_is_found_to_the_frame(composed, fit):
    truth = effective_gains(composed.mixer, composed.params, composed.a, composed.b)
    found = effective_gains(composed.mixer, fit.params, composed.a, composed.b)
    assert truth.swap_frame() == 8
    assert found.swap_frame() == 8


def test_the_owner_of_the_lows_is_whose_knob_is_open_however_loud_the_other_is():
    gains, power = torch.ones(4, 8, 3), torch.ones(4, 8, 3)
    gains[:2, 3:] = 0.3
    gains[2:, :3] = 0.1
    power[:2] *= 100.0
    found = EffectiveGains(gains, power, power > 0)
    assert found.swap_frame() == 3
    with pytest.raises(InputError, match="do not go from A to B"):
        EffectiveGains(gains.flip(0), power, power > 0).swap_frame()


def test_the_reconstruction_is_near_and_is_what_its_error_says(composed, fit):
    again = composed.mixer(composed.a, composed.b, fit.params).mix
    assert torch.equal(again, fit.reconstruction)
    left = (composed.mix - again).square().sum() / composed.mix.square().sum()
    assert fit.error_db["all"] == pytest.approx(10 * float(left.log10()), abs=1e-3)
    assert fit.error_db["all"] < -25.0


def test_curves_stay_in_range(fit):
    for row in fit.params.layout.rows:
        curve = fit.params.values[:, row.index]
        assert row.parameter.minimum <= float(curve.min())
        assert float(curve.max()) <= row.parameter.maximum


def test_the_descent_goes_down_from_a_start_that_is_off(composed):
    values = composed.params.values.clone()
    fader = composed.params.layout.select("b/*/fader/gain")
    values[:, fader] = (values[:, fader] + 0.3).clamp(max=1.0)
    start = attrs.evolve(composed.params, values=values)
    found = descend(
        composed.mixer, start, composed.mix, composed.a, composed.b, DescentOptions(steps=12)
    )
    assert min(found.losses) < 0.7 * found.losses[0]


def test_the_loss_is_nothing_for_the_same_and_one_for_silence(composed):
    loss = SpectralLoss(composed.mix, composed.a.sample_rate)
    assert float(loss(composed.mix)) == pytest.approx(0.0, abs=1e-6)
    assert float(loss(torch.zeros_like(composed.mix))) == pytest.approx(1.0, abs=1e-3)


def test_the_error_is_told_in_the_band_where_it_is():
    rate = 22050
    seconds = torch.arange(rate, dtype=torch.float64) / rate
    low, high = (torch.sin(2 * torch.pi * hz * seconds)[None] for hz in (100.0, 6000.0))
    error = error_by_band(low + high, low + 0.9 * high, rate)
    assert error["high"] == pytest.approx(-20.0, abs=0.01)
    assert error["low"] < -100.0
    assert error["all"] == pytest.approx(-23.01, abs=0.01)


def test_levels_are_found_at_the_ends_where_each_track_is_alone(composed):
    a, b = composed.a.mix, composed.b.mix
    half = a.shape[-1] // 2
    mix = torch.cat([0.5 * a[:, :half], 0.7 * b[:, half:]], dim=-1)
    trims = level_trims(mix, a, b, composed.a.sample_rate)
    assert trims == pytest.approx((-6.02, -3.10), abs=0.1)


def test_what_does_not_fit_is_refused(composed):
    with pytest.raises(ShapeError, match="same channels, samples and rate"):
        fit_curves(
            composed.mixer,
            composed.mix[:, :-1],
            composed.a,
            composed.b,
            composed.params.beat_times,
        )
    low = [attrs.evolve(stems, sample_rate=8000) for stems in (composed.a, composed.b)]
    with pytest.raises(InputError, match="10000 Hz or more"):
        fit_curves(composed.mixer, composed.mix, *low, composed.params.beat_times)
