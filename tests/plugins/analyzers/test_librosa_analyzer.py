"""The librosa analyzer on tracks whose tempo, beats, sections and key are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from djtrans.core.audio.loudness import programme_lufs
from djtrans.core.errors import ConfigError, InputError, ShapeError
from djtrans.core.track.analysis import Analysis
from djtrans.plugins.analyzers import LibrosaConfig
from djtrans.plugins.analyzers.librosa_analyzer import LibrosaAnalyzer
from djtrans.plugins.analyzers.librosa_beats import track_grid
from djtrans.synthesis import SynthTrack, TrackSpec, synthesize

RATE = 22050
STRUCTURE = (("intro", 16), ("drop", 16), ("break", 8), ("drop", 16))


@pytest.fixture(scope="module")
def track() -> SynthTrack:
    spec = TrackSpec(
        bpm=126.0, tonic=9, seed=1, start_seconds=0.7, structure=STRUCTURE, sample_rate_hz=RATE
    )
    return synthesize(spec)


@pytest.fixture(scope="module")
def found(track: SynthTrack) -> Analysis:
    return LibrosaAnalyzer().analyze(track.audio, RATE)


def lateness(beats: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Time from the nearest true beat to each beat within the track, in seconds."""
    inside = beats[(beats > truth[0] - 0.1) & (beats < truth[-1] + 0.1)]
    off = inside[:, None] - truth[None]
    return off[np.arange(len(inside)), np.abs(off).argmin(axis=1)]


def test_tempo_and_beats(track: SynthTrack, found: Analysis) -> None:
    assert found.grid.bpm == pytest.approx(126.0, rel=0.002)
    late = lateness(found.grid.beat_times, track.grid.beat_times)
    # librosa's beats are on frames of 23 ms, and a frame or two late.
    assert 0.0 < np.median(late) < 0.060
    assert np.abs(late).max() < 0.080
    assert found.grid.constant
    assert 0.25 < found.grid.confidence <= 0.5


def test_beats_between_the_trimmed_ends_are_librosas_own(track: SynthTrack) -> None:
    import librosa

    mono = track.audio.mean(dim=0).numpy()
    _, beats = librosa.beat.beat_track(y=mono, sr=RATE, units="time")
    times = track_grid(mono, RATE, 120.0).beat_times
    first = int(np.searchsorted(times, beats[0] - 1e-6))
    np.testing.assert_allclose(times[first : first + len(beats)], beats)


def test_sections_are_librosas_cuts_and_lie_near_the_true_ones(
    track: SynthTrack, found: Analysis
) -> None:
    truth = {s.start_bar for s in track.sections}
    shift = round((found.grid.time_of_bar(0) - track.grid.time_of_bar(0)) * 126.0 / 240.0)
    starts = [s.start_bar + shift for s in found.sections[1:]]
    assert len(found.sections) == round(found.grid.bars / 16)
    assert sum(min(abs(start - t) for t in truth) <= 1 for start in starts) >= 2
    assert all(0.0 <= s.confidence <= 1.0 for s in found.sections)


def test_more_sections_where_they_are_to_be_shorter(track: SynthTrack) -> None:
    config = LibrosaConfig(section_bars=4)
    found = LibrosaAnalyzer(config).analyze(track.audio, RATE)
    assert len(found.sections) == round(found.grid.bars / 4)
    with pytest.raises(ConfigError, match="section_bars"):
        LibrosaConfig(section_bars=1)


@pytest.mark.parametrize("tonic", [0, 5, 9])
def test_key_of_a_cadence(tonic: int) -> None:
    """Chords of I-IV-V-I with harmonics, over clicks on the beat."""
    time = np.arange(RATE * 12) / RATE
    beat = (time * 2.0).astype(int)
    signal = np.zeros_like(time)
    for index, root in enumerate((0, 5, 7, 0)):
        part = (beat // 2) % 4 == index
        for note in (0, 4, 7):
            hz = 261.63 * 2 ** ((tonic + root + note) / 12)
            for harmonic in (1, 2, 3):
                signal += part * np.sin(2 * np.pi * hz * harmonic * time) / harmonic**2
    signal = 0.05 * signal + 0.5 * ((time * 2.0) % 1.0 < 0.01)
    found = LibrosaAnalyzer().analyze(torch.from_numpy(signal[None]).float(), RATE)
    assert (found.key.tonic, found.key.mode) == (tonic, "major")


def test_levels_and_vocals_are_those_of_the_track(track: SynthTrack, found: Analysis) -> None:
    assert found.levels.integrated_lufs == pytest.approx(programme_lufs(track.audio, RATE)[0])
    bars = found.grid.bars
    assert found.bar_level_db.shape == found.bar_low_db.shape == found.bar_vocal.shape == (bars,)
    edges = np.round(found.grid.downbeat_times * RATE).astype(int)
    part = track.audio[:, edges[20] : edges[21]].numpy()
    assert found.bar_level_db[20] == pytest.approx(10 * np.log10(np.mean(part**2)), abs=0.01)
    np.testing.assert_allclose(found.bar_beat, found.grid.confidence)


@pytest.mark.slow
def test_mono_other_rates_and_opposite_phase(track: SynthTrack, found: Analysis) -> None:
    mono = track.audio.mean(dim=0, keepdim=True)
    opposite = torch.cat([mono, -mono])
    for audio in (mono, opposite):
        same = LibrosaAnalyzer().analyze(audio, RATE)
        np.testing.assert_allclose(same.grid.beat_times, found.grid.beat_times, atol=0.03)
    faster = LibrosaAnalyzer().analyze(track.audio, 24000)
    assert faster.grid.bpm == pytest.approx(126.0 * 24000 / RATE, rel=0.003)


def test_a_beat_that_is_lost_gives_little_confidence() -> None:
    noise = 0.1 * torch.randn(1, 30 * RATE, generator=torch.Generator().manual_seed(0))
    assert LibrosaAnalyzer().analyze(noise, RATE).grid.confidence < 0.2


def test_refusals(track: SynthTrack) -> None:
    analyze = LibrosaAnalyzer().analyze
    with pytest.raises(InputError, match="silent"):
        analyze(torch.zeros(2, 20 * RATE), RATE)
    with pytest.raises(InputError, match=r"s long|short"):
        analyze(track.audio[:, : 3 * RATE], RATE)
    with pytest.raises(InputError, match="too low"):
        analyze(torch.rand(1, 80000), 4000)
    with pytest.raises(ShapeError):
        analyze(track.audio[0], RATE)
    with pytest.raises(InputError, match="beats"):
        analyze(torch.full((1, 20 * RATE), 0.3), RATE)


def test_progress_increases_to_one(track: SynthTrack) -> None:
    seen: list[float] = []
    LibrosaAnalyzer().analyze(track.audio, RATE, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_the_defaults_import_neither_librosa_nor_torchaudio() -> None:
    script = (
        "import sys, torch, djtrans\n"
        "from djtrans.registry import default_registry\n"
        "assert default_registry().find('analyzer', 'librosa').declaration.lazy\n"
        "default_registry().build('analyzer', 'constant-grid')\n"
        "djtrans.DifferentiableDJMixer()\n"
        "sys.exit(bool({'librosa', 'numba', 'torchaudio'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


#: Tempo, and whether librosa keeps to the beat throughout.
REAL = {
    "TameAnderson-MakeMe": (140.0, True),
    "Oglsdl-Dr8v2": (120.0, True),
    "EsoXLB-CPU": (128.0, False),
    "Impulslogik-Zen": (140.0, False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_track(shared_tracks: Path, name: str) -> None:
    path = shared_tracks / f"{name}.ogg"
    if not path.exists():
        pytest.skip(f"{path.name} is absent")
    bpm, kept = REAL[name]
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    grid = LibrosaAnalyzer().analyze(torch.from_numpy(samples.T.copy()), rate).grid
    late = lateness(grid.beat_times, np.arange(0.0, len(samples) / rate, 60.0 / bpm))
    if kept:
        assert grid.bpm == pytest.approx(bpm, rel=5e-4)
        assert np.abs(late).max() < 0.080
        assert grid.confidence > 0.25
    else:
        assert np.abs(late).max() > 0.150
        assert grid.confidence < 0.1
