"""Drifting tempo, music without a beat, and other metres."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

from djtrans.core.track.analysis import Analysis
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.plugins.analyzers.drift import follow_beats
from djtrans.plugins.analyzers.onsets import band_energies, onset_strength
from djtrans.plugins.analyzers.time_warp import warp_to_constant_tempo
from djtrans.synthesis import SynthTrack, TrackSpec, synthesize

RATE = 22050


@lru_cache(maxsize=2)
def track(drums: str) -> SynthTrack:
    return synthesize(
        TrackSpec(
            bpm=124.0,
            drums=drums,
            seed=5,
            sample_rate_hz=RATE,
            structure=(("intro", 8), ("drop", 8), ("break", 4), ("drop", 8)),
        )
    )


def tempo_curve(kind: str, beats: int) -> np.ndarray:
    """Tempo of each beat relative to the track's."""
    beat = np.arange(beats)
    if kind == "drummer":
        walk = np.cumsum(np.random.default_rng(1).standard_normal(beats)) * 0.002
        return 1.0 + walk - walk.mean()
    return {
        "steady": np.ones(beats),
        "ramp": np.linspace(0.97, 1.03, beats),
        "worn turntable": 1.0 + 0.004 * np.sin(2 * np.pi * beat / 40),
        "tempo change": np.where(beat < 44, 1.0, 1.05),
    }[kind]


def played(truth: SynthTrack, curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The track played with another tempo at each beat, and the times of its beats then."""
    steps = 60.0 / (truth.spec.bpm * curve[:-1])
    beats = np.concatenate([[0.0], np.cumsum(steps)])
    times = np.arange(int(beats[-1] * RATE)) / RATE
    at = np.interp(times, beats, truth.grid.beat_times) * RATE
    mono = truth.audio.mean(dim=0).numpy()
    return np.interp(at, np.arange(len(mono)), mono).astype(np.float32), beats


def analyze(mono: np.ndarray) -> Analysis:
    return ConstantGridAnalyzer().analyze(torch.from_numpy(mono.astype(np.float32))[None], RATE)


@pytest.mark.parametrize(
    ("kind", "drums"),
    [
        ("drummer", "breakbeat"),
        pytest.param("ramp", "four-on-the-floor", marks=pytest.mark.slow),
        pytest.param("worn turntable", "breakbeat", marks=pytest.mark.slow),
        ("tempo change", "four-on-the-floor"),
    ],
)
def test_a_tempo_that_is_not_constant_is_followed(kind: str, drums: str) -> None:
    truth = track(drums)
    mono, beats = played(truth, tempo_curve(kind, len(truth.grid.beat_times)))
    analysis = analyze(mono)
    grid = analysis.grid
    assert not grid.constant
    assert grid.confidence > 0.6
    position = np.interp(grid.beat_times, beats, np.arange(len(beats)))
    miss = np.abs(position - np.round(position)) * 60.0 / truth.spec.bpm
    assert np.median(miss) < 0.005
    assert np.percentile(miss, 90) < 0.015
    assert round(float(position[grid.first_downbeat])) % 4 == 0
    # Smooth, but for a change at once, which is as large at one beat as it is.
    most = 60.0 / truth.spec.bpm * 0.05 if kind == "tempo change" else 0.012
    assert np.all(np.abs(np.diff(np.diff(grid.beat_times))) < most)
    assert analysis.sections[-1].end_bar == grid.bars == len(analysis.bar_level_db)


def test_a_steady_track_keeps_its_constant_grid() -> None:
    grid = analyze(played(track("breakbeat"), tempo_curve("steady", 113))[0]).grid
    assert grid.constant
    assert np.ptp(np.diff(grid.beat_times)) < 1e-9


def test_the_way_back_from_even_beats_leads_to_where_they_were() -> None:
    truth = track("four-on-the-floor")
    mono, beats = played(truth, tempo_curve("ramp", len(truth.grid.beat_times)))
    bands = band_energies(mono, RATE, 0.005)
    position = follow_beats(onset_strength(bands), bands.frame_rate, 68.0, 185.0, 125.0)
    # The true beats lie evenly in what was followed ...
    at_beats = np.interp(beats, np.arange(len(position)) / bands.frame_rate, position)
    assert np.abs(np.diff(at_beats) - 1.0).max() < 0.03
    # ... and where it is played evenly, each sample's way back is its own place.
    warped = warp_to_constant_tempo(mono, RATE, position, bands.frame_rate)
    at = np.linspace(1.0, warped.even[-1] - 1.0, 500)
    original = warped.original_time(at)
    assert np.all(np.diff(original) > 0)
    assert np.interp(original, warped.original, warped.even) == pytest.approx(at, abs=1e-9)
    sample = mono[np.round(original * RATE).astype(int)]
    assert np.corrcoef(warped.audio[:][np.round(at * RATE).astype(int)], sample)[0, 1] > 0.9


def spoken(rng: np.random.Generator) -> np.ndarray:
    """Voiced syllables of irregular length with pauses."""
    audio = np.zeros(40 * RATE)
    begin = 0.0
    while begin < 39.0:
        seconds = rng.uniform(0.08, 0.35)
        time = np.arange(int(seconds * RATE)) / RATE
        pitch = rng.uniform(90.0, 220.0)
        voice = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 15))
        start = int(begin * RATE)
        audio[start : start + len(time)] += voice * np.hanning(len(time))
        begin += seconds + rng.exponential(0.08)
    return audio


def rubato(rng: np.random.Generator) -> np.ndarray:
    """Chords of a tempo that no two of them agree on."""
    audio = np.zeros(42 * RATE)
    begin, lean = 0.2, 0.0
    time = np.arange(2 * RATE) / RATE
    while begin < 39.0:
        for pitch in rng.choice([48, 52, 55, 60, 64, 67], 3):
            hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
            tone = np.sin(2 * np.pi * hz * time) + 0.5 * np.sin(4 * np.pi * hz * time)
            start = int(begin * RATE)
            audio[start : start + len(time)] += tone * np.exp(-time / 0.5)
        lean = 0.9 * lean + 0.06 * rng.standard_normal()
        begin += 0.6 * np.exp(lean) * rng.choice([0.5, 1.0, 1.0, 2.0])
    return audio[: 40 * RATE]


def pads(rng: np.random.Generator) -> np.ndarray:
    """Long tones that swell and fade, and a little noise."""
    audio = 0.01 * rng.standard_normal(40 * RATE)
    for _ in range(20):
        time = np.arange(int(rng.uniform(6.0, 15.0) * RATE)) / RATE
        tone = np.sin(2 * np.pi * rng.uniform(100.0, 800.0) * time) * np.hanning(len(time))
        start = int(rng.uniform(0.0, 39.0) * RATE)
        length = min(len(tone), len(audio) - start)
        audio[start : start + length] += tone[:length]
    return audio


@pytest.mark.parametrize(
    "make",
    [
        rubato,
        pytest.param(spoken, marks=pytest.mark.slow),
        pytest.param(pads, marks=pytest.mark.slow),
    ],
)
def test_music_without_a_beat_gets_no_confidence(make) -> None:
    assert analyze(make(np.random.default_rng(3))).grid.confidence < 0.3


@pytest.mark.parametrize("bpm", [pytest.param(101.6, marks=pytest.mark.slow), 168.0])
def test_bars_of_three_get_their_beats_and_no_one(bpm: float) -> None:
    rng = np.random.default_rng(0)
    audio = np.zeros(60 * RATE)
    time = np.arange(RATE // 5) / RATE
    low = np.sin(2 * np.pi * (50 * time + 1.8 * (1 - np.exp(-time / 0.03)))) * np.exp(-time / 0.08)
    high = 0.4 * rng.standard_normal(len(time)) * np.exp(-time / 0.03)
    beats = np.arange(0.1, 59.0, 60.0 / bpm)
    for number, beat in enumerate(beats):
        start = int(beat * RATE)
        audio[start : start + len(time)] += high if number % 3 else low
        if rng.random() < 0.5:
            start += int(30.0 / bpm * RATE)
            audio[start : start + len(time)] += 0.4 * high
    grid = analyze(audio).grid
    assert grid.bpm == pytest.approx(bpm, rel=5e-4)
    assert grid.downbeat_confidence < 0.3
