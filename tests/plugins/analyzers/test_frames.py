"""Features of blocks of a signal are those of the whole signal."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import soundfile

from djtrans.plugins.analyzers import (
    attacks,
    bar_beat,
    novelty,
    onsets,
    partials,
    pitch_motion,
    tempo,
)
from djtrans.plugins.analyzers.frames import frame_blocks, frame_count
from djtrans.plugins.analyzers.phase import Pulse

RATE = 11025


@pytest.fixture(scope="module")
def signal():
    """Gliding harmonics with a click on each half second."""
    time = np.arange(23 * RATE + 123) / RATE
    phase = 2 * np.pi * np.cumsum(220.0 * 2 ** (0.05 * np.sin(2 * np.pi * 1.5 * time))) / RATE
    harmonics = sum(np.sin(k * phase) / k for k in range(1, 9))
    clicks = np.exp(-60.0 * (time % 0.5))
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (0.1 * harmonics + 0.02 * clicks * noise).astype(np.float32)


@pytest.mark.parametrize(("size", "hop", "block"), [(64, 20, 7), (64, 100, 3), (16, 16, 1000)])
def test_frames_are_centred_and_zero_beyond_the_ends(size, hop, block):
    signal = np.arange(1, 1001, dtype=np.float32)
    padded = np.pad(signal, (size // 2, size))
    wanted = [padded[i : i + size] for i in range(0, len(signal) + 1, hop)]
    blocks = list(frame_blocks(signal, size, hop, block))
    assert [start for start, _ in blocks] == list(range(0, len(wanted), block))
    assert np.array_equal(np.concatenate([frames for _, frames in blocks]), wanted)
    assert len(wanted) == frame_count(len(signal), hop)


def test_attacks(signal, monkeypatch):
    whole = attacks.find_attacks(signal, RATE).strength
    monkeypatch.setattr(attacks, "_BLOCK_SECONDS", 5)
    blocks = attacks.find_attacks(signal, RATE).strength
    assert whole.max() > 10.0
    assert np.abs(blocks - whole).max() < 1e-4 * whole.max()


def test_partials(signal, monkeypatch):
    hop = round(0.02 * RATE)
    whole = partials.partials_move_together(signal, RATE, hop)
    monkeypatch.setattr(partials, "_PATH_FRAMES", 37)
    assert 0.1 < whole.mean() < 1.0
    assert np.array_equal(partials.partials_move_together(signal, RATE, hop), whole)


def test_pitch_motion(signal, monkeypatch):
    hop = round(0.02 * RATE)
    whole = pitch_motion.pitch_motion(signal, RATE, hop)
    monkeypatch.setattr(pitch_motion, "_BLOCK", 37)
    assert 0.1 < whole.mean() < 1.0
    assert np.array_equal(pitch_motion.pitch_motion(signal, RATE, hop), whole)


def test_onsets(signal, monkeypatch):
    bands = onsets.band_energies(signal, RATE, 0.005)
    energy = bands.energy.astype(np.float64)
    level = np.log10(energy + 1e-5 * energy.mean(axis=0) + 1e-20)
    rise = np.maximum(np.diff(level, axis=0, prepend=level[:1]), 0.0)
    wanted = (rise - rise.mean(axis=0)) / rise.std(axis=0)
    monkeypatch.setattr(onsets, "_RISE_BLOCK", 101)
    found = onsets.onset_strength(bands)
    assert len(found) == len(wanted)
    for part in (slice(None), slice(0, 7), slice(50, 900)):
        np.testing.assert_allclose(found[part], wanted[part], rtol=0, atol=1e-9)
    for band, column in zip(found.bands(), wanted.T, strict=True):
        np.testing.assert_allclose(band, column, rtol=0, atol=1e-9)


def test_features_of_sixteenths(signal, monkeypatch):
    bands = onsets.band_energies(signal, RATE, 0.005)
    whole = novelty.slot_features(bands, onsets.onset_strength(bands), 0.5, 0.2)
    monkeypatch.setattr(novelty, "_BLOCK", 77)
    blocks = novelty.slot_features(bands, onsets.onset_strength(bands), 0.5, 0.2)
    assert np.ptp(whole) > 1.0
    np.testing.assert_allclose(blocks, whole, rtol=0, atol=1e-5)


def test_folded_attacks(signal, monkeypatch):
    strength = attacks.find_attacks(signal, RATE).strength
    whole = attacks.fold(strength, 1000.0, 0.5, 0.123)
    monkeypatch.setattr(attacks, "_FOLD_ROWS", 777)
    np.testing.assert_allclose(attacks.fold(strength, 1000.0, 0.5, 0.123), whole)


def test_attacks_on_the_beats_of_bars(signal, monkeypatch):
    found = attacks.find_attacks(signal, RATE)
    arguments = (Pulse(0.5, 0.0), 1.0, 10, 1.0)
    whole = bar_beat.bar_beat(found, *arguments)
    assert whole.max() > 0.3
    np.testing.assert_allclose(bar_beat.bar_beat(found.all_bands(), *arguments), whole, rtol=1e-5)
    monkeypatch.setattr(bar_beat, "_BLOCK", 777)
    np.testing.assert_allclose(bar_beat.bar_beat(found, *arguments), whole)


@pytest.mark.parametrize("size", [8000, 8100, 10125])
@pytest.mark.parametrize("bins", [1, 300, 4001])
def test_the_low_part_of_a_spectrum(size, bins):
    noise = np.random.default_rng(0).standard_normal(1001)
    np.testing.assert_allclose(
        tempo.low_spectrum(noise, size, bins), np.fft.rfft(noise, size)[:bins], atol=1e-9
    )


def test_autocorrelation(monkeypatch):
    noise = np.random.default_rng(0).standard_normal(1001)
    monkeypatch.setattr(tempo, "_BLOCK_FRAMES", 128)
    wanted = np.correlate(noise, noise, "full")[1000:1400]
    np.testing.assert_allclose(tempo.autocorrelation(noise, 400), wanted, atol=1e-9)


def test_tempo(signal, monkeypatch):
    bands = onsets.band_energies(signal, RATE, 0.005)
    arguments = (onsets.onset_strength(bands), bands.frame_rate, 68.0, 185.0, 125.0)
    whole = tempo.find_tempo(*arguments)
    monkeypatch.setattr(tempo, "_BLOCK_FRAMES", 500)
    blocks = tempo.find_tempo(*arguments)
    assert blocks.bpm == pytest.approx(whole.bpm, rel=1e-9)
    assert blocks.clarity == pytest.approx(whole.clarity, abs=1e-9)


#: Not ru_maxrss, which begins with the size of the process that started this one.
_PEAK = """
import sys
from djtrans.core.track.track import load_track
from djtrans.pipeline.analysis import analyze_track

analyze_track(load_track(sys.argv[1]), cached=False)
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def _write_drifting(file, minutes):
    """Write beats whose tempo drifts, so that the track is warped and analyzed again."""
    noise = np.random.default_rng(0)
    with soundfile.SoundFile(file, "w", RATE, 1, "PCM_16") as out:
        for minute in range(minutes):
            period = round(RATE * (0.5 + 0.02 * np.sin(minute)))
            beat = np.exp(-20.0 * np.arange(period) / RATE) * noise.standard_normal(period)
            out.write(np.tile(0.2 * beat, 60 * RATE // period + 1)[: 60 * RATE])
    return str(file)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_an_analysis_grows_little_beyond_the_audio(tmp_path):
    # From a length on that fills the blocks.
    minutes = (20, 50)
    peaks = []
    for length in minutes:
        file = _write_drifting(tmp_path / f"{length}.wav", length)
        command = [sys.executable, "-c", _PEAK, file]
        # The lower of two: other work on the machine adds up to 10 MB to a peak.
        runs = [
            subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)
        ]
        peaks.append(1024 * min(int(done.stdout) for done in runs))
    short, long = peaks
    hours = (minutes[1] - minutes[0]) / 60
    beyond = (long - short) / hours - 3600 * RATE * 4
    print(f"peaks {short / 1e6:.0f} and {long / 1e6:.0f} MB, {beyond / 1e6:.0f} MB per hour")
    assert beyond < 150e6
    # Most of it is Python with its libraries.
    assert short < 1.2e9
