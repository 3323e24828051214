"""What analyses of unusual but valid tracks have in common with those of ordinary ones."""

from __future__ import annotations

import attrs
import pytest

import djtrans
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050


@pytest.fixture(scope="module")
def made():
    structure = (("intro", 4), ("drop", 8), ("break", 4), ("drop", 8))
    return synthesize(TrackSpec(bpm=126.0, seed=3, structure=structure, sample_rate_hz=RATE))


@pytest.fixture(scope="module")
def mono(made):
    return djtrans.Track(made.audio.mean(dim=0, keepdim=True), RATE, name="mono")


@pytest.fixture(scope="module")
def analysis(mono):
    return djtrans.analyze_track(mono)


@pytest.mark.parametrize(
    "analyzer", ["constant-grid", pytest.param("librosa", marks=pytest.mark.slow)]
)
def test_a_mono_track_is_as_loud_as_the_same_sound_in_both_channels(mono, analyzer):
    both = attrs.evolve(mono, audio=mono.audio.repeat(2, 1))
    levels = [djtrans.analyze_track(track, analyzer=analyzer).levels for track in (mono, both)]
    assert levels[0].integrated_lufs == pytest.approx(levels[1].integrated_lufs, abs=1e-6)
    assert levels[0].short_term_p95_lufs == pytest.approx(levels[1].short_term_p95_lufs, abs=1e-6)


def test_a_mono_track_and_both_channels_give_b_the_same_gain(made, mono):
    other = djtrans.Track(0.5 * made.audio, RATE, name="b")
    gains = []
    for channels in (1, 2):
        a = mono.at_rate(RATE, channels)
        plan = djtrans.plan_transition(
            djtrans.analyze_track(a), djtrans.analyze_track(other), technique="fade", bars=4
        )
        gains.append(plan.b.gain_db)
    assert gains[0] == pytest.approx(gains[1], abs=1e-6)
