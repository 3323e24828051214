"""Tracks whose beats jump or whose tempo changes at once, made of parts of known beats."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers.attacks import Attacks
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.plugins.analyzers.segment import BAR_STEPS, Segment, bar_attacks, beat_position
from djtrans.synthesis import SynthTrack, TrackSpec, synthesize

RATE = 22050
BPM = 125.0
BEAT = 60.0 / BPM
#: Beat at which the tracks are changed: a downbeat in the middle of the drop.
CHANGE = 64


@lru_cache(maxsize=4)
def track(bpm: float = BPM, drums: str = "four-on-the-floor") -> SynthTrack:
    structure = (("intro", 8), ("drop", 24), ("break", 4), ("drop", 8))
    return synthesize(
        TrackSpec(bpm=bpm, drums=drums, seed=5, sample_rate_hz=RATE, structure=structure)
    )


def analyze(mono: np.ndarray) -> BeatGrid:
    return ConstantGridAnalyzer().analyze(torch.from_numpy(mono)[None], RATE).grid


def moved(beats: float, drums: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A track that skips some beats at the change or repeats them, its beats and downbeats."""
    mono = track(drums=drums).audio.mean(dim=0).numpy()
    at, skip = round(CHANGE * BEAT * RATE), round(beats * BEAT * RATE)
    changed = np.concatenate([mono[:at], mono[at + skip :]])
    before = np.arange(CHANGE) * BEAT
    after = np.arange(CHANGE, len(mono) / RATE / BEAT) * BEAT - skip / RATE
    inside = after >= before[-1] + BEAT / 8
    lines = np.concatenate([before[::4], after[::4][inside[::4]]])
    return changed, np.concatenate([before, after[inside]]), lines


def distance(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.abs(times[:, None] - others[None, :]).min(axis=1)


@pytest.mark.parametrize(
    ("beats", "drums"),
    [
        (0.25, "breakbeat"),
        (-2.0, "breakbeat"),
        pytest.param(-0.25, "four-on-the-floor", marks=pytest.mark.slow),
        pytest.param(0.3, "breakbeat", marks=pytest.mark.slow),
        pytest.param(2.0, "breakbeat", marks=pytest.mark.slow),
    ],
)
def test_beats_and_bars_are_right_on_both_sides_of_a_jump(beats: float, drums: str) -> None:
    mono, true, lines = moved(beats, drums)
    grid = analyze(mono)
    assert not grid.constant
    assert grid.bpm == pytest.approx(BPM, rel=5e-4)
    assert grid.confidence > 0.6
    # Only in the bar of the jump, whose length is no whole number of beats, may they be off.
    jump = CHANGE * BEAT
    for found, known in ((grid.beat_times, true), (grid.downbeat_times, lines)):
        away = (np.abs(found - jump) > 4.5 * BEAT) & (found < known[-1] + BEAT / 2)
        assert distance(found[away], known).max() < 0.010
        away = np.abs(known - jump) > 4.5 * BEAT
        assert distance(known[away], found).max() < 0.010


@pytest.mark.parametrize("second", [150.0, pytest.param(93.75, marks=pytest.mark.slow)])
def test_each_tempo_of_a_track_has_exact_beats(second: float) -> None:
    first, other = (track(bpm).audio.mean(dim=0).numpy() for bpm in (BPM, second))
    at = round(CHANGE * BEAT * RATE)
    mono = np.concatenate([first[:at], other[round(CHANGE * 60.0 / second * RATE) :]])
    grid = analyze(mono)
    assert not grid.constant
    change = at / RATE
    beats = (np.arange(CHANGE) * BEAT, change + np.arange(112) * 60.0 / second)
    for true, inside in (
        (beats[0], grid.beat_times < change - 2 * BEAT),
        (beats[1], grid.beat_times > change + 2 * BEAT),
    ):
        found = grid.beat_times[inside]
        found = found[(found > -0.1) & (found < true[-1] + 0.1)]
        assert len(found) > 0.8 * len(true)
        assert distance(found, true).max() < 0.010
    lines = np.concatenate([true[::4] for true in beats])
    assert np.mean(distance(grid.downbeat_times, lines) < 0.010) > 0.95


def test_positions_count_whole_bars_from_downbeat_to_downbeat() -> None:
    segments = [Segment(0.0, 20.0, 0.5, 0.0), Segment(20.0, 40.0, 0.5, 20.1)]
    position = beat_position(segments, 4000, 100.0)
    assert np.all(np.diff(position) > 0)
    assert position[1000] == pytest.approx(20.0, abs=1e-3)
    assert position[3010] == pytest.approx(60.0, abs=1e-3)
    # The beats around the jump are 0.1 s longer in all.
    assert position[2110] - position[1900] == pytest.approx(4.0, abs=1e-3)


def test_a_segment_without_a_whole_bar_has_no_attacks():
    attacks = Attacks(np.ones((2000, 3)), 1000.0)
    short = Segment(start=0.2, end=1.2, period=0.5, downbeat=0.0)
    bars, _ = bar_attacks(attacks, short)
    assert bars.shape == (0, BAR_STEPS, 3)
    backwards = Segment(start=1.2, end=0.2, period=0.5, downbeat=0.0)
    assert len(bar_attacks(attacks, backwards)[0]) == 0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_tempo_that_wanders_from_minute_to_minute_is_analyzed(seed):
    """Plateaus of a few bars, whose ends meet when they are fitted, are no segments."""
    rng = np.random.default_rng(seed)
    times = [0.0]
    while times[-1] < 100.0:
        bpm = 122.0 + 3.0 * np.sin(2 * np.pi * times[-1] / (20 + 5 * seed))
        times.append(times[-1] + 60.0 / bpm)
    mono = 0.01 * rng.standard_normal(int(101 * RATE)).astype(np.float32)
    for beat, at in enumerate(times[:-1]):
        start = round(at * RATE)
        hz = 60.0 if beat % 2 == 0 else 1500.0
        length = np.arange(int(0.1 * RATE)) / RATE
        mono[start : start + len(length)] += np.exp(-40 * length) * np.sin(2 * np.pi * hz * length)
    grid = analyze(mono)
    assert grid.bars > 40
    assert np.median(np.diff(grid.beat_times)) == pytest.approx(60.0 / 122.0, rel=0.03)
