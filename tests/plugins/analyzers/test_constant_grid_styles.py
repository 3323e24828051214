"""Beat grids of all drum styles, of swing, and of beats that enter late."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.track.analysis import Analysis
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.synthesis import SynthTrack, TrackSpec, synthesize

RATE = 22050
CASES = {
    "house, swung": {"bpm": 121.3, "swing": 0.9},
    "techno": {"bpm": 138.0, "drums": "techno"},
    "breakbeat": {"bpm": 128.61, "drums": "breakbeat", "swing": 0.2},
    "half-time": {"bpm": 140.0, "drums": "half-time"},
    "drum and bass": {"bpm": 174.0, "drums": "drum-and-bass", "bass": "sub"},
    "trap": {"bpm": 145.0, "drums": "trap"},
}
MORE = ("techno", "half-time", "trap")


def analyzed(**values: object) -> tuple[SynthTrack, Analysis]:
    values.setdefault("structure", (("intro", 8), ("drop", 16), ("break", 4), ("drop", 8)))
    track = synthesize(TrackSpec(sample_rate_hz=RATE, seed=6, **values))
    return track, ConstantGridAnalyzer().analyze(track.audio, RATE)


def check(track: SynthTrack, analysis: Analysis) -> None:
    """Tempo up to an octave within 0.05 %, beats within 10 ms, the one right, and known to be."""
    grid = analysis.grid
    octave = 2.0 ** round(np.log2(grid.bpm / track.spec.bpm))
    assert grid.constant
    assert grid.bpm == pytest.approx(octave * track.spec.bpm, rel=5e-4)
    position = track.grid.beat_of(grid.beat_times) * max(octave, 1.0)
    miss = (position - np.round(position)) * 60.0 / (track.spec.bpm * max(octave, 1.0))
    assert np.max(np.abs(miss)) < 0.010
    assert round(float(position[grid.first_downbeat])) % 4 == 0
    assert min(grid.confidence, grid.downbeat_confidence) > 0.6


@pytest.mark.parametrize(
    "case",
    [pytest.param(name, marks=pytest.mark.slow) if name in MORE else name for name in CASES],
)
def test_grid_of_every_style(case: str) -> None:
    check(*analyzed(**CASES[case]))


@pytest.mark.parametrize("intro", ["beatless", pytest.param("vocal", marks=pytest.mark.slow)])
def test_a_late_beat_is_extended_to_the_start_with_its_clarity_per_bar(
    intro: str,
) -> None:
    structure = (("intro", 16), ("drop", 16), ("break", 8), ("drop", 8))
    track, analysis = analyzed(intro=intro, start_seconds=1.37, structure=structure)
    check(track, analysis)
    assert analysis.grid.beat_times[0] < 1.0
    # Bar 0 of the analysis lies in the silence before the first true bar, or is that bar.
    lead = round(float(track.grid.beat_of(analysis.grid.time_of_bar(0))) / 4)
    beat = analysis.bar_beat[-lead:] if lead else analysis.bar_beat
    assert np.median(beat[:10]) < 0.3
    assert beat[17:31].min() > 0.6
    assert beat[41:47].min() > 0.6
    assert beat.max() <= analysis.grid.confidence


def test_beat_clarity_per_bar_is_independent_of_the_downbeat() -> None:
    _, analysis = analyzed(structure=(("drop", 8), ("break", 8), ("drop", 8)))
    assert analysis.bar_beat[9:11].max() < 0.5 * analysis.bar_beat[2:6].min()
    assert len(analysis.shifted(2).bar_beat) == analysis.shifted(2).grid.bars
    assert analysis.doubled().bar_beat[18] == analysis.bar_beat[9]


def placed(sounds: list[tuple[np.ndarray, float]], seconds: float) -> torch.Tensor:
    audio = np.zeros(round(seconds * RATE))
    for sound, at in sounds:
        start = round(at * RATE)
        length = min(len(sound), len(audio) - start)
        audio[start : start + length] += sound[:length]
    return torch.from_numpy(audio.astype(np.float32))[None]


def test_a_shuffle_is_counted_in_its_beats_and_not_in_its_triplets() -> None:
    rng = np.random.default_rng(0)
    time, beat = np.arange(RATE // 5) / RATE, 60.0 / 102.0
    turns = 50.0 * time + 1.8 * (1.0 - np.exp(-time / 0.03))
    kick = np.sin(2 * np.pi * turns) * np.exp(-time / 0.08)
    snare, hat = (rng.standard_normal(len(time)) * np.exp(-time / s) for s in (0.06, 0.02))
    beats = np.arange(0.3, 58.0, beat)
    sounds = [(0.2 * hat, at) for at in np.concatenate([beats, beats + 2.0 / 3.0 * beat])]
    sounds += [(kick, at) for at in beats[::2]] + [(0.6 * snare, at) for at in beats[1::2]]
    grid = ConstantGridAnalyzer().analyze(0.3 * placed(sounds, 60.0), RATE).grid
    assert grid.bpm == pytest.approx(102.0, rel=5e-4)
    position = (grid.beat_times - 0.3) / beat
    assert np.max(np.abs(position - np.round(position))) * beat < 0.010
    assert round(float(position[grid.first_downbeat])) % 2 == 0
    assert grid.confidence > 0.6


@pytest.mark.parametrize("bpm", [120.0, pytest.param(119.0, marks=pytest.mark.slow)])
def test_beats_of_slow_attacks_are_trusted(bpm: float) -> None:
    rng = np.random.default_rng(0)
    time, beat = np.arange(RATE) / RATE, 60.0 / bpm
    swell = np.minimum(time / 0.1, 1.0) * np.exp(-time / 0.25)
    tick = 0.02 * rng.standard_normal(400) * np.exp(-np.arange(400) / 120)
    sounds = [(0.003 * rng.standard_normal(90 * RATE), 0.0)]
    for number, at in enumerate(np.arange(0.4, 88.0, beat)):
        sounds += [(tick, at)] if number % 4 != 3 else []
        if number % 2 == 0 or number % 8 == 5:
            chord = (45, 48, 52) if number // 8 % 2 == 0 else (43, 47, 50)
            hertz = [440.0 * 2.0 ** ((pitch - 69) / 12) for pitch in chord]
            sounds.append((0.2 * sum(np.sin(2 * np.pi * h * time) for h in hertz) * swell, at))
    grid = ConstantGridAnalyzer().analyze(placed(sounds, 90.0), RATE).grid
    assert grid.bpm == pytest.approx(bpm, rel=5e-4)
    position = (grid.beat_times - 0.4) / beat
    assert np.max(np.abs(position - np.round(position))) * beat < 0.010
    assert grid.confidence > 0.8
