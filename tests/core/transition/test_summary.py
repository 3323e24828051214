"""Summary of a transition: content, digest of the curves and validation."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest
import torch

from djtrans.core.curves.band_gains import BANDS, EDGES_HZ, stem_gains
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.errors import FormatError
from djtrans.core.transition.summary import (
    LEVELS_FLOOR_DB,
    Overview,
    TrackOverview,
    check,
    curves_digest,
)
from djtrans.report.ownership import audible_levels
from djtrans.report.summary_measurement import band_levels_db, measure_track

RATE = 22050
BEATS = np.arange(9) * 0.5


def sine(hz: float, level: float = 1.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(4 * RATE) / RATE)[None]


@pytest.mark.parametrize("hz", [50.0, 110.0, 220.0, 440.0, 1000.0, 3000.0, 6000.0, 9000.0])
def test_a_sine_of_full_scale_is_minus_3_db_in_its_band_alone(hz):
    levels = band_levels_db(sine(hz), RATE, BEATS)
    band = int(np.searchsorted(EDGES_HZ, hz)) - 1
    assert levels[:, band] == pytest.approx(np.full(8, -3.01), abs=0.1)
    others = np.delete(levels, band, axis=1)
    assert others.max() < -30


def test_levels_follow_the_beats_and_end_at_the_floor():
    audio = sine(1000.0, 0.1)
    audio[:, : 2 * RATE] = 0.0
    levels = band_levels_db(audio, RATE, BEATS).max(axis=1)
    assert levels[:4].tolist() == [LEVELS_FLOOR_DB] * 4
    assert levels[4:] == pytest.approx(np.full(4, -23.01), abs=0.1)
    # Outside the audio there is nothing.
    assert band_levels_db(audio, RATE, BEATS + 10.0).max() == LEVELS_FLOOR_DB


def test_a_track_becomes_whole_numbers():
    heard = np.concatenate([np.zeros((1, RATE)), sine(100.0, 0.25)], axis=1)
    edges = np.linspace(0.0, 4.0, 65)
    got = measure_track(
        sine(100.0, 0.5), heard, {"bass": sine(100.0, 0.5)}, RATE, edges, BEATS,
        contribution_offset_seconds=1.0,
    )  # fmt: skip
    assert np.array(got.peaks)[0, 2:-2] == pytest.approx(np.full(60, 500), abs=15)
    assert np.array(got.heard)[0, 2:-2] == pytest.approx(np.full(60, 250), abs=8)
    assert got.power("bass").sum(axis=1) == pytest.approx(np.full(8, 0.125), rel=0.1)
    assert json.loads(json.dumps(attrs.asdict(got)))["peaks"][2][5] == got.peaks[2][5]


@pytest.fixture(scope="module")
def layout():
    from djtrans.mixer.resolve import mixer_layout

    return mixer_layout()


@pytest.fixture
def make_params(layout):
    def build(drawn: dict[str, float], beats: int = 8) -> TransitionParams:
        clock = torch.arange(beats + 1).double() * 0.5
        values = torch.tensor(layout.neutral).repeat(2 * beats, 1)
        for pattern, value in drawn.items():
            values[:, layout.select(pattern)] = value
        return TransitionParams(values, layout, frame_times(clock, 2 * beats, 2), clock, 2)

    return build


def test_gains_are_those_that_the_default_mixer_applies(make_params):
    """White noise through the mixer itself is as loud in each band as the curves were read."""
    from djtrans import DifferentiableDJMixer, Stems

    cutoff = float(np.log(50.0) / np.log(1000.0))
    params = make_params(
        {"a/drums/fader/gain": 0.7, "a/drums/eq/low": 0.5, "a/drums/eq/high": 0.25,
         "a/bass/lpf/cutoff": cutoff, "a/vocals/hpf/cutoff": cutoff, "a/*/eq/mid": 2.0}
    )  # fmt: skip
    names = ("drums", "bass", "vocals", "other")
    noise = 0.1 * torch.randn(1, 4 * RATE, generator=torch.Generator().manual_seed(0))
    silent = Stems(torch.zeros(4, 1, 4 * RATE), names, RATE)
    before = band_levels_db(noise.numpy(), RATE, BEATS)
    for index, stem in enumerate(names):
        audio = silent.audio.clone()
        audio[index] = noise
        with torch.no_grad():
            out = DifferentiableDJMixer()(Stems(audio, names, RATE), silent, params).a
        measured = (band_levels_db(out.reshape(1, -1).numpy(), RATE, BEATS) - before)[1:-1]
        expected = 20 * np.log10(stem_gains(params, "a", stem, np.arange(8)))[1:-1]
        # Below -30 dB neither is heard, nor is the periodogram that sharp.
        heard = expected > -30
        heard[:, -1] = False  # reaches above Nyquist at this rate
        apart = np.abs(measured - expected)[heard]
        assert apart.max() < 3.0, stem
        assert np.median(apart) < 0.6, stem


def test_what_moves_nothing_leaves_exactly_one(make_params):
    params = make_params({"a/track/reverb/send": 1.0, "a/track/delay/send": 0.5})
    assert (stem_gains(params, "a", "drums", np.arange(8)) == 1.0).all()
    low = make_params({"a/bass/eq/low": 0.0, "a/bass/eq/mid": 0.0, "a/bass/eq/high": 0.0})
    assert stem_gains(low, "a", "bass", np.arange(8)).max() < 1e-12


def test_the_gain_of_a_beat_is_its_root_mean_square(make_params):
    params = make_params({})
    row = params.layout.index("a/drums/fader/gain")
    params.values[:, row] = torch.linspace(0, 1, len(params.values))
    gains = stem_gains(params, "a", "drums", np.arange(8))[:, 0]
    fine = np.interp(np.arange(8000) / 500.0, np.arange(16), params.values[:, row])
    expected = np.sqrt((fine.reshape(8, 1000) ** 2).mean(axis=1))
    assert gains == pytest.approx(expected, abs=0.01)


def flat(level_db: int, beats: int = 8) -> TrackOverview:
    rows = tuple(tuple(level_db for _ in range(BANDS)) for _ in range(beats))
    zeros = ((0,) * 64,) * 3
    stems = ("drums", "bass", "vocals", "other")
    return TrackOverview(peaks=zeros, heard=zeros, levels_db=dict.fromkeys(stems, rows))


def overview_of(a: TrackOverview, b: TrackOverview, params: TransitionParams) -> Overview:
    return Overview(
        first_beat=0, beats=8, columns_per_bar=32, isolation="good", a=a, b=b,
        bass=("a",) * 8, curves=curves_digest(params),
    )  # fmt: skip


def test_owners_follow_levels_and_curves(make_params):
    params = make_params({"b/*/eq/low": 0.0, "a/vocals/fader/gain": 0.0, "b/drums/fader/gain": 0.1})
    owners = audible_levels(overview_of(flat(-20), flat(-20), params), params).owners
    assert set(owners["bass"]) == {"a"}
    assert set(owners["kick"]) == {"a"}
    assert set(owners["vocals"]) == {"b"}
    assert set(owners["lead"]) == {"both"}
    louder = audible_levels(overview_of(flat(-20), flat(-34), params), make_params({})).owners
    assert set(louder["lead"]) == {"a"}  # more than 10 dB apart: the louder holds it


def test_an_empty_vocal_stem_sings_nowhere(make_params):
    params = make_params({})
    side = flat(-20)
    quiet = {**side.levels_db, "vocals": tuple((-45,) * BANDS for _ in range(8))}
    side = attrs.evolve(side, levels_db=quiet)
    owners = audible_levels(overview_of(side, side, params), params).owners
    assert set(owners["vocals"]) == {"none"}
    silent = audible_levels(overview_of(flat(-90), flat(-90), params), params).owners
    assert {owner for row in silent.values() for owner in row} == {"none"}


def test_a_voice_takes_breath_and_a_kick_does_not(make_params):
    side = flat(-20)
    rows = [(-20,) * BANDS] * 3 + [(-80,) * BANDS] + [(-20,) * BANDS] + [(-80,) * BANDS] * 3
    levels = {**side.levels_db, "vocals": rows, "drums": rows}
    params = make_params({"b/*/fader/gain": 0.0})
    owners = audible_levels(
        overview_of(attrs.evolve(side, levels_db=levels), flat(-20), params), params
    ).owners
    assert owners["vocals"] == ("a",) * 5 + ("none",) * 3
    assert owners["kick"] == ("a", "a", "a", "none", "a", "none", "none", "none")


def test_other_curves_have_another_digest(make_params):
    params, edited = make_params({}), make_params({"a/bass/eq/low": 0.5})
    overview = overview_of(flat(-20), flat(-20), params)
    assert overview.measured_under(params)
    assert not overview.measured_under(edited)


def test_an_overview_that_does_not_fit_is_refused(make_params):
    overview = overview_of(flat(-20), flat(-20), make_params({}))
    check(overview, 2, 4)
    for wrong in (
        attrs.evolve(overview, bass=("a",) * 7),
        attrs.evolve(overview, bass=("c",) * 8),
        attrs.evolve(overview, beats=12),
        attrs.evolve(overview, a=attrs.evolve(overview.a, peaks=((0,) * 63,) * 3)),
    ):
        with pytest.raises(FormatError, match="does not fit its plan"):
            check(wrong, 2, 4)
