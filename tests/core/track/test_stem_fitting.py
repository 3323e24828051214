"""Delays and gains of ready stems, against those that were applied to true stems."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import pad

from djtrans.core.audio.decibels import power_to_db
from djtrans.core.track.stem_fitting import RESIDUAL_LIMIT_DB, describe, fit_stems
from djtrans.core.track.stem_names import STEMS
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
MARGIN = RATE // 4
STRUCTURE = (("drop", 4), ("break", 4), ("drop", 4))


def synthesized(seed, bpm=126.0):
    spec = TrackSpec(bpm=bpm, seed=seed, structure=STRUCTURE, sample_rate_hz=RATE, has_vocals=True)
    return synthesize(spec).stems.audio[:, :1]  # one channel, which is faster


@pytest.fixture(scope="module")
def stems():
    return synthesized(1)


@pytest.fixture(scope="module")
def track(stems):
    return stems.sum(dim=0)


def fitted(stems, track, delays=(0, 0, 0, 0), gains=(1.0, 1.0, 1.0, 1.0)):
    """Fit stems that are late by `delays` and have `gains`."""
    late = [
        gain * torch.roll(pad(stem, (MARGIN, MARGIN)), delay, dims=-1)
        for stem, delay, gain in zip(stems, delays, gains, strict=True)
    ]
    return fit_stems(torch.stack(late), track, RATE, MARGIN)


def test_stems_that_add_up_are_not_corrected(stems, track):
    found = fitted(stems, track)
    assert not found.corrects
    assert (found.delays, found.gains) == ((0,) * 4, (1.0,) * 4)
    assert found.residual_db < -90.0


@pytest.mark.parametrize("samples", [22, -22, 10, -10, 1, 1102, -1102])
def test_a_common_delay_is_found_to_the_sample(stems, track, samples):
    found = fitted(stems, track, (samples,) * 4)
    assert found.delays == (samples,) * 4
    assert found.gains == (1.0,) * 4
    assert found.uncorrected_db > -30.0
    assert found.residual_db < -90.0


@pytest.mark.parametrize("delays", [(0, 0, 10, 0), (22, -15, 250, 4), (1102, -1102, 0, 150)])
def test_each_stem_may_have_its_own_delay_and_gain(stems, track, delays):
    gains = [1.0 / float(stem.abs().max()) for stem in stems]
    found = fitted(stems, track, delays, gains)
    assert found.delays == delays
    assert found.residual_db < -90.0
    for gain, applied in zip(found.gains, gains, strict=True):
        assert gain * applied == pytest.approx(1.0, abs=1e-3)


def test_an_inverted_stem_gets_a_negative_gain(stems, track):
    found = fitted(stems, track, gains=(1.0, -1.0, 1.0, 1.0))
    assert found.gains == pytest.approx((1.0, -1.0, 1.0, 1.0), abs=1e-4)
    assert describe(found, STEMS, RATE).startswith(
        "gain drums +0.0 dB, bass +0.0 dB (inverted), vocals"
    )


def test_a_quiet_stem_follows_the_others(stems, track):
    quiet = torch.cat([stems[:3], 1e-4 * stems[3:]])
    found = fitted(quiet, quiet.sum(dim=0), gains=(0.5,) * 4)
    assert found.gains == pytest.approx((2.0,) * 4, abs=1e-3)
    silent = torch.cat([stems[:3], 0.0 * stems[3:]])
    assert fitted(silent, silent.sum(dim=0)).residual_db < -90.0


def test_the_stems_of_a_limited_track_get_its_gain(stems, track):
    loud = torch.tanh(2.0 * track / track.abs().max())
    found = fitted(stems, loud)
    assert found.residual_db < found.uncorrected_db - 10.0
    corrected = sum(gain * stem for gain, stem in zip(found.gains, stems, strict=True))
    level = power_to_db(float(corrected.square().mean() / loud.square().mean()))
    assert level == pytest.approx(0.0, abs=0.1)


def test_what_is_not_this_track_leaves_it_unexplained(stems, track):
    noise = 0.05 * torch.randn(stems.shape, generator=torch.Generator().manual_seed(0))
    other = pad(synthesized(2, 128.0), (0, stems.shape[-1]))[..., : stems.shape[-1]]
    for wrong in (noise, other):
        assert fitted(wrong, track).residual_db > -1.0
    # Beats repeat, so a beat's distance is found, but the track does not.
    assert fitted(torch.roll(stems, RATE, dims=-1), track).residual_db > RESIDUAL_LIMIT_DB


def test_what_is_missing_is_the_residual(stems, track):
    for index in range(4):
        rest = stems.clone()
        rest[index] = 0.0
        wanted = power_to_db(float(stems[index].square().sum() / track.square().sum()))
        found = fitted(rest, track)
        # The other stems explain a little of it.
        assert found.residual_db == pytest.approx(wanted, abs=0.5)
        assert found.absent == ()


def test_a_stem_of_another_track_is_named(stems, track):
    swapped = stems.clone()
    swapped[1] = 0.1 * torch.randn(stems[1].shape, generator=torch.Generator().manual_seed(1))
    assert fitted(swapped, track).absent == (1,)
