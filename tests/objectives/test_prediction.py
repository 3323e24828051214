"""Predicted powers against gains that are known in closed form."""

from __future__ import annotations

import attrs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import djtrans
from djtrans.core.errors import InputError, ShapeError
from tests.helpers.stem_powers import (
    BASS,
    EDGES,
    LAYOUT,
    beat_times,
    neutral,
    power_model,
    random_powers,
    stem_powers,
)

BEATS = 4
A, B = random_powers(1, BEATS), random_powers(2, BEATS)
MODEL = power_model(A, B)
gains = st.floats(0.0, 1.0, width=32)


def curves(**values):
    """Neutral curves, with constants such as ``a_drums_fader_gain``; ``all`` is every stem."""
    out = neutral(BEATS)
    for name, value in values.items():
        out[:, LAYOUT.select(name.replace("_", "/").replace("all", "*"))] = value
    return out


def test_neutral_curves_predict_the_tracks_themselves():
    mix = MODEL.predict(neutral(BEATS))
    torch.testing.assert_close(mix.a.power[0], A.mix_power)
    torch.testing.assert_close(mix.b.power[0], B.mix_power)
    torch.testing.assert_close(mix.power[0], A.mix_power + B.mix_power)
    assert float(mix.a.tail.abs().max()) < 1e-12


@settings(deadline=None, max_examples=20)
@given(drums=gains, rest=gains, b=gains)
def test_power_is_the_sum_of_the_stems_times_their_squared_gains(drums, rest, b):
    values = curves(a_all_fader_gain=rest, b_all_fader_gain=b)
    values[:, LAYOUT.select("a/drums/fader/gain")] = drums
    mix = MODEL.predict(values)
    gain = torch.tensor([drums, rest, rest, rest])[:, None, None]
    expected = (gain.square() * A.power).sum(dim=0)
    torch.testing.assert_close(mix.a.power[0], expected)
    torch.testing.assert_close(mix.power[0], expected + b**2 * B.mix_power)
    torch.testing.assert_close(mix.a.gains[0], gain.expand_as(A.power))


@settings(deadline=None, max_examples=20)
@given(a=gains, b=gains, share=st.floats(-0.9, 0.9))
def test_correlated_tracks_add_as_amplitudes(a, b, share):
    """|g a + h b|^2 = g^2 |a|^2 + h^2 |b|^2 + 2 g h <a, b>."""
    cross = share * (A.mix_power * B.mix_power).sqrt()
    model = power_model(A, B, cross_power=cross)
    mix = model.predict(curves(a_all_fader_gain=a, b_all_fader_gain=b))
    expected = a**2 * A.mix_power + b**2 * B.mix_power + 2 * a * b * cross
    torch.testing.assert_close(mix.power[0], expected, rtol=1e-4, atol=1e-8)


def test_tails_are_not_correlated_with_the_other_track():
    """The cross power of both tracks counts for what is played, not for reverb."""
    cross = 0.5 * (A.mix_power * B.mix_power).sqrt()
    wet = curves(a_track_reverb_send=0.8)
    mix = power_model(A, B, cross_power=cross).predict(wet)
    expected = A.mix_power + B.mix_power + mix.a.tail[0] + 2 * cross
    assert float(mix.a.tail.max()) > 1e-3 * float(A.mix_power.max())
    torch.testing.assert_close(mix.power[0], expected, rtol=1e-3, atol=1e-8)


def test_correlated_stems_keep_the_power_of_their_sum():
    """Stems that cancel in part: the ratio that is known for equal gains is applied."""
    correlated = attrs.evolve(A, mix_power=0.5 * A.mix_power)
    mix = power_model(correlated, B).predict(curves(a_all_fader_gain=0.5))
    torch.testing.assert_close(mix.a.power[0], 0.25 * 0.5 * A.mix_power)


def test_the_low_band_is_removed_by_the_eq():
    mix = MODEL.predict(curves(a_all_eq_low=0.0))
    loss = 10 * torch.log10(mix.a.power[0] / A.mix_power)
    assert float(loss[:, BASS].max()) < -20.0
    assert float(loss[:, EDGES[:-1] >= 1000].abs().max()) < 0.5


def test_gains_follow_the_frames():
    values = curves()
    values[:BEATS, LAYOUT.select("b/*/fader/gain")] = 0.0  # the first half of the window
    level = MODEL.predict(values).b.power[0].sum(dim=-1) / B.mix_power.sum(dim=-1)
    half = 4 * BEATS // 2
    torch.testing.assert_close(level[: half - 2], torch.zeros(half - 2))
    torch.testing.assert_close(level[half + 2 :], torch.ones(half - 2))


def test_gradients_are_twice_the_gain_times_the_power():
    values = curves(a_all_fader_gain=0.5).requires_grad_()
    MODEL.predict(values).a.power.sum().backward()
    for index, stem in enumerate(A.stem_names):
        (row,) = LAYOUT.select(f"a/{stem}/fader/gain")
        expected = 2 * 0.5 * float(A.power[index].sum())
        assert float(values.grad[:, row].sum()) == pytest.approx(expected, rel=1e-4)


def test_rows_of_a_batch_are_predicted_as_alone():
    rows = [curves(), curves(a_all_fader_gain=0.3), curves(b_all_eq_low=0.0)]
    together = MODEL.predict(torch.stack(rows))
    assert together.batch == 3
    for index, values in enumerate(rows):
        torch.testing.assert_close(together.power[index], MODEL.predict(values).power[0])


def test_params_are_predicted_like_their_values():
    times = djtrans.core.curves.params.frame_times(beat_times(BEATS), 2 * BEATS, 2)
    values = curves(a_all_fader_gain=0.3)
    params = djtrans.TransitionParams(values, LAYOUT, times, beat_times(BEATS))
    assert torch.equal(MODEL.predict(params).power, MODEL.predict(values).power)


def test_weights_are_those_of_the_standards():
    """K weighting (BS.1770): 0.7 dB at 1 kHz, 4 dB at high frequencies, little below 40 Hz."""
    mix = MODEL.predict(neutral(BEATS))
    k_db, bass_db = (10 * torch.log10(w + 1e-9) for w in (mix.loudness_weight, mix.bass_weight))
    assert float(k_db[(EDGES[:-1] == 920)]) == pytest.approx(0.7, abs=0.15)
    assert k_db[EDGES[:-1] >= 4400].numpy() == pytest.approx(4.0, abs=0.5)
    assert float(k_db[0]) < -6.0
    assert bass_db[BASS].numpy() == pytest.approx(0.0, abs=0.5)
    assert float(bass_db[EDGES[:-1] >= 400].max()) < -30.0


def test_facts_of_the_window_reach_the_prediction():
    lines = djtrans.Pair((0.0, 2.0), (1.0,))
    mix = power_model(A, B, phrase_beats=lines, swap_beat=3, beats_per_bar=2).predict(
        neutral(BEATS)
    )
    assert mix.a.phrase_beats == (0.0, 2.0)
    assert mix.b.phrase_beats == (1.0,)
    assert (mix.swap_beat, mix.beats_per_bar, mix.cells_per_beat) == (3, 2, 4)
    assert mix.cell_seconds == pytest.approx(0.125)


def test_powers_that_do_not_fit_are_errors():
    other = random_powers(3, BEATS + 1)
    with pytest.raises(ShapeError, match="different cells"):
        power_model(A, other)
    with pytest.raises(InputError, match="5 beats and the window has 4"):
        power_model(other, other, beat_times=beat_times(BEATS))
    renamed = attrs.evolve(stem_powers(A.power), stem_names=("a", "b", "c", "d"))
    with pytest.raises(ShapeError, match="The stems are a, b, c, d"):
        power_model(renamed, renamed).predict(neutral(BEATS))
