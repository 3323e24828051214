"""Tracks are located at their known position and tempo in a mix, and unrelated ones are not."""

import math

import numpy as np
import pytest
import torch

from djtrans.core.audio.pitch_shift import pitch_factor
from djtrans.core.audio.warping import warp
from djtrans.datasets.mixes.alignment.excerpt import align_track
from djtrans.datasets.mixes.alignment.location import Location, SearchAudio, audible_spans, locate
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
SECONDS = 36.0
FADE = (14.0, 20.0)
#: Track time at the start of the mix, and track seconds per mix second.
LINES = (TempoLine(9.3, 0.962), TempoLine(-11.0, 1.041))


def played(seed, bpm, drums):
    spec = TrackSpec(
        bpm=bpm,
        seed=seed,
        tonic=3 * seed,
        drums=drums,
        structure=(("intro", 4), ("drop", 8), ("break", 4), ("drop", 8)),
        sample_rate_hz=RATE,
    )
    return synthesize(spec).audio


@pytest.fixture(scope="module")
def tracks():
    return played(1, 126.0, "four-on-the-floor"), played(2, 116.4, "four-on-the-floor")


@pytest.fixture(scope="module")
def sounds(tracks):
    return [SearchAudio.of(track, RATE) for track in tracks]


def mixed(tracks, semitones=(0.0, 0.0), lines=LINES):
    """A crossfade; the beats of the tracks do not meet."""
    laid = [
        warp(
            track,
            ((0.0, line.at_zero), (SECONDS, line.track(SECONDS))),
            RATE,
            0.0,
            SECONDS,
            semitones=shift,
        )
        for track, line, shift in zip(tracks, lines, semitones, strict=True)
    ]
    times = torch.arange(laid[0].shape[-1]) / RATE
    share = ((times - FADE[0]) / (FADE[1] - FADE[0])).clamp(0.0, 1.0)
    return laid[0] * (1.0 - share) + laid[1] * share


@pytest.fixture(scope="module")
def mix(tracks):
    return SearchAudio.of(mixed(tracks), RATE)


@pytest.fixture(scope="module")
def places(mix, sounds):
    return [locate(mix, sound) for sound in sounds]


@pytest.mark.parametrize("side", [0, 1])
def test_offset_and_tempo(places, side):
    place, true = places[side], LINES[side]
    for time in (0.0, 17.0, SECONDS):
        assert place.line.track(time) == pytest.approx(true.track(time), abs=0.010)
    assert place.line.rate == pytest.approx(true.rate, rel=5e-4)
    assert place.semitones == 0.0
    assert place.confidence > 0.8


def test_each_is_heard_up_to_or_from_the_crossfade(mix, sounds, places):
    a, b = audible_spans(mix, list(zip(sounds, places, strict=True)))
    assert a[0] < 1.0
    assert FADE[0] < a[1] < FADE[1] + 3.0
    assert FADE[0] - 3.0 < b[0] < FADE[1]
    assert b[1] > SECONDS - 1.0


def test_a_track_played_at_another_speed_is_told_from_a_stretched_one(tracks, sounds):
    rate = pitch_factor(12 * math.log2(1.041))
    lines = (LINES[0], TempoLine(-11.0, rate))
    shift = 12 * math.log2(rate)
    place = locate(SearchAudio.of(mixed(tracks, (0.0, shift), lines), RATE), sounds[1])
    assert place.semitones == pytest.approx(shift, abs=0.01)
    assert place.line.track(30.0) == pytest.approx(lines[1].track(30.0), abs=0.010)


def test_a_track_that_is_not_played_is_not_found(mix):
    stranger = SearchAudio.of(played(3, 133.0, "breakbeat"), RATE)
    assert locate(mix, stranger) is None


def test_silence_and_a_snippet_are_not_found(mix, sounds):
    assert locate(mix, SearchAudio.of(torch.zeros(1, 20 * RATE), RATE)) is None
    assert locate(SearchAudio.of(torch.zeros(1, 20 * RATE), RATE), sounds[0]) is None
    assert locate(SearchAudio.of(torch.ones(1, RATE), RATE), sounds[0]) is None


def test_a_track_laid_at_varispeed_is_the_resampled_track():
    times = np.arange(4 * RATE) / RATE
    track = torch.from_numpy(np.sin(2 * np.pi * 440.0 * times)).float()[None]
    rate = pitch_factor(0.5)
    place = Location(
        line=TempoLine(0.5, rate), semitones=0.5, confidence=1.0, windows=9, spread_seconds=0.0
    )
    laid = align_track(track, RATE, place, 0.0, 2.0)[0].numpy()
    clock = np.arange(2 * RATE) / RATE
    # The rest of a sample is not interpolated: 440 Hz moves 3.6 degrees in half of one.
    expected = np.sin(2 * np.pi * 440.0 * (0.5 + rate * clock))
    assert np.abs(laid - expected).max() < 0.08
