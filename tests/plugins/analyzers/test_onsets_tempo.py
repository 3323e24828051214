"""The tempo search against onsets at known times."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.plugins.analyzers.onsets import BAND_EDGES_HZ, band_energies, onset_strength
from djtrans.plugins.analyzers.tempo import find_tempo

RATE = 22050


def clicks(times: np.ndarray, seconds: float, seed: int = 0) -> np.ndarray:
    """Decaying noise bursts at the given times."""
    rng = np.random.default_rng(seed)
    audio = np.zeros(round(seconds * RATE), dtype=np.float32)
    for time in times:
        start = int(np.ceil(time * RATE))
        length = min(600, len(audio) - start)
        audio[start : start + length] += rng.standard_normal(length) * np.exp(
            -np.arange(length) / 150
        )
    return audio


def tempo_of(audio: np.ndarray, low: float = 68.0, high: float = 185.0):
    bands = band_energies(audio, RATE, 0.005)
    return find_tempo(onset_strength(bands), bands.frame_rate, low, high, 125.0)


def test_a_sine_is_seen_in_its_band_at_its_power() -> None:
    time = np.arange(RATE) / RATE
    sine = (0.5 * np.sin(2 * np.pi * 3700.0 * time)).astype(np.float32)
    bands = band_energies(sine, RATE, 0.005)
    middle = bands.energy[50:-50].mean(axis=0)
    band = int(np.searchsorted(BAND_EDGES_HZ, 3700.0)) - 1
    assert int(np.argmax(middle)) == band
    # A Hann window spreads a sine over 1.5 bins: power 0.125 reads as 1.5 times half of that.
    assert middle[band] == pytest.approx(0.25 * 1.5, rel=0.05)
    assert middle.sum() - middle[band] < 1e-4 * middle[band]


def test_frames_lie_where_the_frame_rate_says() -> None:
    audio = np.zeros(RATE * 2, dtype=np.float32)
    audio[RATE] = 1.0
    bands = band_energies(audio, RATE, 0.005)
    frame = np.average(np.arange(len(bands.energy)), weights=bands.energy.sum(axis=1))
    assert frame / bands.frame_rate == pytest.approx(1.0, abs=0.001)


def test_constant_sound_has_no_onsets() -> None:
    bands = band_energies(np.zeros(RATE, dtype=np.float32), RATE, 0.005)
    assert np.all(onset_strength(bands)[:] == 0.0)


@pytest.mark.parametrize("bpm", [71.3, 98.7, 120.0, 127.513, 139.99, 174.2])
def test_tempo_of_a_beat_with_eighths_is_exact(bpm: float) -> None:
    beats = np.arange(0.1, 40.0, 60.0 / bpm)
    audio = clicks(beats, 40.0) + 0.4 * clicks(beats[:-1] + 30.0 / bpm, 40.0, seed=1)
    found = tempo_of(audio)
    octave = 2.0 ** np.round(np.log2(found.bpm / bpm))
    assert found.bpm == pytest.approx(bpm * octave, rel=5e-4)
    assert found.clarity > 0.8


def test_a_dotted_echo_does_not_pull_the_tempo_to_three_halves() -> None:
    bpm, beat = 126.0, 60.0 / 126.0
    beats = np.arange(0.0, 45.0, beat)
    dotted = np.concatenate(
        [np.arange(bar, min(bar + 4 * beat, 45.0) - 0.1, 0.75 * beat) for bar in beats[::4]]
    )
    audio = clicks(beats, 45.0) + 0.9 * clicks(np.sort(dotted), 45.0, seed=1)
    ratio = tempo_of(audio).bpm / bpm
    assert min(abs(ratio - octave) for octave in (0.5, 1.0, 2.0)) < 1e-3


def test_the_range_decides_the_octave() -> None:
    audio = clicks(np.arange(0.0, 40.0, 60.0 / 87.0), 40.0)
    assert tempo_of(audio, 60.0, 120.0).bpm == pytest.approx(87.0, rel=1e-3)
    assert tempo_of(audio, 100.0, 200.0).bpm == pytest.approx(174.0, rel=1e-3)


def test_random_onsets_are_not_clear() -> None:
    times = np.sort(np.random.default_rng(0).uniform(0.0, 39.0, 110))
    assert tempo_of(clicks(times, 40.0)).clarity < 0.4


@pytest.mark.parametrize("bpm", [96.0, 102.0, 118.4])
def test_a_swung_beat_is_not_counted_in_its_triplets(bpm: float) -> None:
    # Two triplets are a beat at 3/2 of the tempo, and three of those beats are half a bar.
    beats = np.arange(0.3, 58.0, 60.0 / bpm)
    swung = beats + 2.0 / 3.0 * 60.0 / bpm
    audio = 1.5 * clicks(beats[::2], 60.0) + clicks(beats[1::2], 60.0, seed=1)
    audio += 0.5 * (clicks(swung, 60.0, seed=2) + clicks(beats, 60.0, seed=2))
    found = tempo_of(audio)
    octave = 2.0 ** np.round(np.log2(found.bpm / bpm))
    assert found.bpm == pytest.approx(bpm * octave, rel=5e-4)
    assert found.beats_per_bar == 4
    assert found.clarity > 0.5
