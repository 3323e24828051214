"""The constant-grid analyzer on real music of known tempo: whole, cropped and resampled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer

pytestmark = pytest.mark.slow

#: Beat k falls at k * 60 / BPM seconds, and bars start with beat 0.
BPM = {
    "TameAnderson-MakeMe": 140.0,
    "EsoXLB-CPU": 128.0,
    "Oglsdl-Dr8v2": 120.0,
    "Impulslogik-Zen": 140.0,
    "StrictProduction-DearJonDoe": 174.0,
}
CASES = {
    "whole": (0.0, 1.0),
    "cropped": (17.3, 1.0),
    "faster": (0.0, 1.013),
    "slower": (0.0, 0.973),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", BPM)
def test_real_track(shared_tracks: Path, name: str, case: str) -> None:
    path = shared_tracks / f"{name}.ogg"
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    cut, speed = CASES[case]
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = torch.from_numpy(samples[round(cut * rate) :].T.copy())
    played_at = round(rate * speed)
    grid = ConstantGridAnalyzer().analyze(audio, played_at).grid

    bpm = BPM[name] * played_at / rate
    octave = 2.0 ** round(np.log2(grid.bpm / bpm))
    assert grid.bpm == pytest.approx(bpm * octave, rel=5e-4)
    beats = (grid.beat_times * played_at / rate + cut) * BPM[name] / 60.0 * octave
    miss = (beats - np.round(beats)) * 60.0 / (BPM[name] * octave)
    assert np.max(np.abs(miss)) < 0.010
    assert grid.confidence > 0.6
    # One crop of the drum-and-bass track is undecided between one and three; it must say so.
    if grid.downbeat_confidence > 0.6:
        assert round(float(beats[grid.first_downbeat])) % 4 == 0
    else:
        assert name == "StrictProduction-DearJonDoe"
