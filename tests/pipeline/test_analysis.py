"""What analyses of unusual but valid tracks have in common with those of ordinary ones."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.errors import AudioFileError
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


def same_music(found, wanted):
    """Compare everything but the levels in absolute terms."""
    assert found.grid.bpm == pytest.approx(wanted.grid.bpm, abs=0.01)
    assert found.grid.downbeat_times[0] == pytest.approx(wanted.grid.downbeat_times[0], abs=0.002)
    assert found.key.camelot == wanted.key.camelot
    assert [(s.label, s.start_bar) for s in found.sections] == [
        (s.label, s.start_bar) for s in wanted.sections
    ]
    assert found.bar_vocal == pytest.approx(wanted.bar_vocal, abs=0.05)


def test_a_dc_offset_changes_nothing_and_is_stated(made):
    # An intro of half the level, which an offset would raise to that of the drop.
    plain = djtrans.Track(0.5 * made.audio, RATE, name="plain")
    shifted = djtrans.Track(plain.audio + torch.tensor([[0.3], [-0.2]]), RATE, name="shifted")
    with pytest.warns(UserWarning, match=r"shifted has a DC offset of -10\.\d dBFS"):
        found = djtrans.analyze_track(shifted)
    wanted = djtrans.analyze_track(plain)
    same_music(found, wanted)
    assert found.levels.integrated_lufs == pytest.approx(wanted.levels.integrated_lufs, abs=0.01)
    assert found.bar_level_db == pytest.approx(wanted.bar_level_db, abs=0.05)


def test_an_offset_alone_is_silence():
    track = djtrans.Track(torch.full((2, 20 * RATE), 0.3), RATE, name="offset")
    with (
        pytest.warns(UserWarning, match="DC offset"),
        pytest.raises(AudioFileError, match="offset is silent"),
    ):
        djtrans.analyze_track(track)


@pytest.mark.parametrize("gains", [(1.0, -1.0), (1.0, 0.0), (0.0, 1.0)], ids=str)
def test_an_inverted_or_silent_channel_hides_nothing(mono, analysis, gains):
    audio = mono.audio * torch.tensor(gains)[:, None]
    same_music(djtrans.analyze_track(djtrans.Track(audio, RATE)), analysis)


def test_what_is_above_hearing_is_no_level():
    structure = (("drop", 6),)
    audio = synthesize(TrackSpec(bpm=126.0, structure=structure, sample_rate_hz=RATE)).audio
    audio = 0.4 * djtrans.resample(audio, RATE, 96000)
    seconds = torch.arange(audio.shape[1], dtype=torch.float64) / 96000
    tone = 0.5 * torch.sin(2 * torch.pi * 30000 * seconds).float()
    plain, shrill = (
        djtrans.analyze_track(djtrans.Track(x, 96000), cached=False) for x in (audio, audio + tone)
    )
    same_music(shrill, plain)
    assert shrill.levels.integrated_lufs == pytest.approx(plain.levels.integrated_lufs, abs=0.02)


@pytest.mark.slow
def test_an_offset_is_not_rendered(made):
    """A cut into a track with an offset has no step."""
    a = djtrans.Track(made.audio, RATE, name="a")
    plain = djtrans.Track(0.5 * made.audio.flip(0), RATE, name="b")
    shifted = djtrans.Track(plain.audio + 0.3, RATE, name="b")
    options = {"technique": "cut", "context": "2", "separator": "spectral", "device": "cpu"}
    with pytest.warns(UserWarning, match="DC offset"):
        found = djtrans.generate(a, shifted, model=None, **options)
    wanted = djtrans.generate(a, plain, model=None, **options)
    torch.testing.assert_close(found.audio, wanted.audio, atol=1e-3, rtol=0.0)
    assert found.provenance.tracks["b"].sha256 == shifted.sha256
