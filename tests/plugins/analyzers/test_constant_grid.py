"""The constant-grid analyzer on synthesized tracks of known truth."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
import torch

from djtrans.core.contracts.analyzer import Analyzer
from djtrans.core.errors import ConfigError, InputError, ShapeError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import analysis_to_dict
from djtrans.plugins.analyzers import ConstantGridConfig, djtrans_analyzers
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.synthesis import SynthTrack, TrackSpec, synthesize

STRUCTURE = (("intro", 8), ("drop", 16), ("break", 8), ("outro", 8))


@lru_cache(maxsize=8)
def track(
    bpm: float = 126.0,
    drums: str = "four-on-the-floor",
    rate: int = 22050,
    start: float = 0.0,
    seed: int = 3,
) -> SynthTrack:
    return synthesize(
        TrackSpec(
            bpm=bpm,
            drums=drums,
            sample_rate_hz=rate,
            start_seconds=start,
            seed=seed,
            structure=STRUCTURE,
        )
    )


def analyze(audio: torch.Tensor, rate: int) -> Analysis:
    return ConstantGridAnalyzer().analyze(audio, rate)


def check_grid(
    analysis: Analysis, truth: SynthTrack, cut_seconds: float = 0.0, speed: float = 1.0
) -> None:
    """Tempo within 0.05 %, every beat within 10 ms, the one right."""
    grid, true = analysis.grid, truth.grid
    assert grid.bpm == pytest.approx(truth.spec.bpm * speed, rel=5e-4)
    position = true.beat_of(grid.beat_times * speed + cut_seconds)
    miss = (position - np.round(position)) * 60.0 / truth.spec.bpm
    assert np.max(np.abs(miss)) < 0.010
    one = round(float(position[grid.first_downbeat])) - true.first_downbeat
    assert one % 4 == 0
    assert grid.confidence > 0.6
    assert grid.downbeat_confidence > 0.6


@pytest.mark.parametrize(
    ("bpm", "drums"),
    [
        (122.37, "broken"),
        (140.0, "four-on-the-floor"),
        pytest.param(122.37, "four-on-the-floor", marks=pytest.mark.slow),
        pytest.param(140.0, "broken", marks=pytest.mark.slow),
    ],
)
def test_grid_of_a_whole_track(bpm: float, drums: str) -> None:
    truth = track(bpm, drums)
    check_grid(analyze(truth.audio, 22050), truth)


def test_a_track_of_opposite_channels_is_analyzed_like_the_normal_one() -> None:
    audio = track().audio
    expected = analysis_to_dict(analyze(audio, 22050))
    assert analysis_to_dict(analyze(audio * torch.tensor([[1.0], [-1.0]]), 22050)) == expected


@pytest.mark.parametrize("cut", [0.731, pytest.param(17.3, marks=pytest.mark.slow)])
def test_grid_of_a_cropped_track(cut: float) -> None:
    truth = track()
    audio = truth.audio[:, round(cut * 22050) :]
    check_grid(analyze(audio, 22050), truth, cut_seconds=round(cut * 22050) / 22050)


@pytest.mark.parametrize("rate", [44100, pytest.param(48000, marks=pytest.mark.slow)])
def test_other_sample_rates(rate: int) -> None:
    truth = track(128.0, rate=rate)
    check_grid(analyze(truth.audio[:, : 30 * rate], rate), truth)


def test_mono_and_opposite_channels() -> None:
    truth = track()
    mono = truth.audio.mean(dim=0, keepdim=True)
    check_grid(analyze(mono, 22050), truth)
    check_grid(analyze(torch.cat([mono, -mono]), 22050), truth)


def test_leading_silence_moves_the_grid_only() -> None:
    truth = track(start=5.37)
    check_grid(analyze(truth.audio, 22050), truth)


@pytest.mark.parametrize("speed", [1.013, pytest.param(0.973, marks=pytest.mark.slow)])
def test_a_track_played_faster_or_slower(speed: float) -> None:
    truth = track()
    # Calling the same samples another rate is exactly what a turntable's pitch does.
    check_grid(
        analyze(truth.audio, round(22050 * speed)), truth, speed=round(22050 * speed) / 22050
    )


def test_records_fit_together() -> None:
    truth = track()
    seen: list[float] = []
    analysis = ConstantGridAnalyzer().analyze(truth.audio, 22050, seen.append)
    bars = analysis.grid.bars
    assert bars == truth.grid.bars
    assert analysis.duration_seconds == pytest.approx(truth.audio.shape[1] / 22050)
    assert len(analysis.bar_level_db) == len(analysis.bar_low_db) == bars
    assert analysis.sections[0].start_bar == 0
    assert analysis.sections[-1].end_bar == bars
    starts = {section.start_bar for section in analysis.sections}
    assert starts <= {phrase.start_bar for phrase in analysis.phrases}
    # Every change of the arrangement that can be heard clearly is found, to the bar.
    assert {8, 24, 32} <= starts
    assert analysis.section_at(26).label == "break"
    assert analysis.section_at(20).label == "groove"
    assert analysis.key.distance(truth.key) <= 1
    assert -40.0 < analysis.levels.integrated_lufs < 0.0
    assert analysis.levels.short_term_p95_lufs >= analysis.levels.integrated_lufs - 0.5
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_noise_is_not_trusted() -> None:
    rng = np.random.default_rng(0)
    noise = torch.from_numpy(rng.standard_normal((1, 40 * 22050)).astype(np.float32) * 0.1)
    assert analyze(noise, 22050).grid.confidence < 0.2


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (torch.zeros(2, 30 * 8000), "nothing can be analyzed"),
        (torch.full((2, 30 * 8000), float("nan")), "not finite"),
        (torch.full((2, 30 * 8000), float("inf")), "not finite"),
        (torch.ones(2, 3 * 8000), "at least 8 s"),
        (torch.zeros(1, 0), "at least 8 s"),
    ],
)
def test_what_cannot_be_analyzed_is_refused(audio: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        analyze(audio, 8000)
    assert "\n" not in str(refused.value)


def test_too_few_bars_are_refused_with_what_is_needed() -> None:
    slow = synthesize(TrackSpec(bpm=80.0, sample_rate_hz=22050, structure=(("drop", 3),)))
    with pytest.raises(InputError, match="whole bars"):
        ConstantGridAnalyzer(ConstantGridConfig(min_bpm=60.0, max_bpm=120.0)).analyze(
            slow.audio, 22050
        )


def test_wrong_shapes_and_rates_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\[channels, samples\]"):
        analyze(torch.zeros(8000), 8000)
    with pytest.raises(InputError, match="too low"):
        analyze(torch.ones(1, 8000), 100)


@pytest.mark.parametrize("audio", [torch.full((1, 20 * 22050), 0.3), torch.eye(1, 20 * 22050)])
def test_a_constant_and_a_single_click_give_no_confidence(audio: torch.Tensor) -> None:
    analysis = analyze(audio, 22050)
    assert analysis.grid.confidence < 0.2
    assert np.isfinite(analysis.bar_level_db).all()


def test_declaration_is_complete_and_lazy() -> None:
    declaration = next(iter(djtrans_analyzers()))
    assert (declaration.name, declaration.lazy) == ("constant-grid", True)
    assert isinstance(ConstantGridAnalyzer(declaration.config()), Analyzer)
    code = "import sys, djtrans.plugins.analyzers; print({'torch','numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_range_of_less_than_an_octave_is_refused() -> None:
    with pytest.raises(ConfigError, match="octave"):
        ConstantGridConfig(min_bpm=100.0, max_bpm=150.0)
