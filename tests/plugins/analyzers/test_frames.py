"""Features of blocks of a signal are those of the whole signal."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from djtrans.plugins.analyzers import attacks, partials, pitch_motion
from djtrans.plugins.analyzers.frames import frame_blocks, frame_count

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


_PEAK = """
import resource, sys
import numpy as np, torch
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer

rate, noise = 11025, np.random.default_rng(0)
beat = np.exp(-20.0 * np.arange(rate // 2) / rate) * noise.standard_normal(rate // 2)
analyzer = ConstantGridAnalyzer()
for minutes in map(int, sys.argv[1:]):
    audio = torch.from_numpy(np.tile(0.3 * beat, 120 * minutes)[None]).float()
    analyzer.analyze(audio, rate)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_the_memory_of_an_analysis_grows_little_with_the_track():
    # From a length on that fills the blocks.
    minutes = (12, 36)
    command = [sys.executable, "-c", _PEAK, *map(str, minutes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    short, long = (1024 * int(line) for line in done.stdout.split())
    added = (minutes[1] - minutes[0]) * 60 * 11025 * 4
    # Measured: 7.5 times, and 18 times with transforms of the whole track.
    assert long - short < 12 * added
