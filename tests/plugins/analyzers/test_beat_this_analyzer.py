"""The beat-this analyzer with a stand-in for the network, whose beats are known."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from djtrans.core.errors import AudioFileError, DependencyError, InputError, ShapeError
from djtrans.core.track.analysis import Analysis
from djtrans.plugins.analyzers import BeatThisConfig
from djtrans.plugins.analyzers.beat_this_analyzer import BeatThisAnalyzer, network_grid
from djtrans.plugins.analyzers.beat_this_weights import load_network
from djtrans.plugins.analyzers.tracked_beats import count_beats
from djtrans.synthesis import SynthTrack, TrackSpec, synthesize
from tests.helpers.beat_this import NO, URL, YES, Postprocessor, network, stand_in

RATE = 22050
STRUCTURE = (("intro", 8), ("drop", 16), ("break", 8), ("drop", 16))
SURE = 1.0 / (1.0 + np.exp(-YES))


@pytest.fixture(scope="module")
def track() -> SynthTrack:
    return synthesize(
        TrackSpec(
            bpm=126.4, tonic=9, seed=1, start_seconds=0.7, structure=STRUCTURE, sample_rate_hz=RATE
        )
    )


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("weights") / "small.ckpt"
    file.write_bytes(b"weights of a network")
    return str(file)


def analyze(audio: torch.Tensor, weights: str, beats, downbeats) -> Analysis:
    with stand_in(network(beats, downbeats)):
        config = BeatThisConfig(checkpoint=weights, device="cpu")
        return BeatThisAnalyzer(config).analyze(audio, RATE)


@pytest.fixture(scope="module")
def found(track: SynthTrack, weights: str) -> Analysis:
    return analyze(track.audio, weights, track.grid.beat_times, track.grid.downbeat_times)


def grid_of(beats, downbeats, duration=None):
    """The grid of exact beats, whatever the audio."""
    beats, downbeats = np.asarray(beats), np.asarray(downbeats)
    duration = duration or float(beats[-1]) + 0.1
    logits = network(beats, downbeats)
    with_audio = logits.__new__(logits)(np.zeros(int(duration * RATE)), RATE)
    picked = Postprocessor()(*with_audio)
    return network_grid(*picked, *(torch.sigmoid(x).numpy() for x in with_audio), duration)


def test_even_beats_are_a_line_finer_than_the_frames(track: SynthTrack, found: Analysis) -> None:
    grid, true = found.grid, track.grid
    assert grid.constant
    assert grid.bpm == pytest.approx(126.4, rel=2e-4)
    position = true.beat_of(grid.beat_times)
    assert np.abs(position - np.round(position)).max() * 60 / 126.4 < 0.004
    assert (round(float(position[grid.first_downbeat])) - true.first_downbeat) % 4 == 0
    assert grid.confidence == pytest.approx(SURE, abs=0.01)
    assert grid.downbeat_confidence == pytest.approx(SURE, abs=0.01)
    assert grid.beat_times[0] < 60 / 126.4
    assert grid.beat_times[-1] > found.duration_seconds - 60 / 126.4


def test_the_rest_is_that_of_the_default_analyzer(track: SynthTrack, found: Analysis) -> None:
    lead = round(float(found.grid.beat_of(track.grid.time_of_bar(0))) - found.grid.first_downbeat)
    starts = {s.start_bar for s in found.sections}
    assert {8 + lead // 4, 24 + lead // 4, 32 + lead // 4} <= starts
    assert found.section_at(26 + lead // 4).label == "break"
    assert found.section_at(34 + lead // 4).label == "drop"
    assert (found.key.tonic, found.key.mode) == (track.key.tonic, track.key.mode)
    assert len(found.bar_level_db) == len(found.bar_vocal) == len(found.bar_beat) == found.grid.bars
    assert -40.0 < found.levels.integrated_lufs < 0.0


def test_a_drift_is_followed_within_the_frames() -> None:
    beats = np.cumsum(np.linspace(0.45, 0.55, 200))
    grid = grid_of(beats, beats[::4])
    assert not grid.constant
    inner = grid.beat_times[(grid.beat_times > 0.4) & (grid.beat_times < beats[-1] + 0.02)]
    np.testing.assert_allclose(inner, beats, atol=0.0101)
    assert grid.bpm == pytest.approx(120.0, rel=0.01)


def test_beats_that_the_network_leaves_out_are_counted_and_not_clear(track, weights) -> None:
    beats, downbeats = track.grid.beat_times, track.grid.downbeat_times
    silent = (downbeats[24], downbeats[32])
    keep = [times[(times < silent[0]) | (times > silent[1])] for times in (beats, downbeats)]
    found = analyze(track.audio, weights, *keep)
    position = track.grid.beat_of(found.grid.beat_times)
    assert np.abs(position - np.round(position)).max() * 60 / 126.4 < 0.004
    times = found.grid.downbeat_times[: found.grid.bars]
    without = (times > silent[0] + 0.1) & (times < silent[1] - 2.5)
    assert found.bar_beat[without].max() < 0.01
    inside = ~without & (times > downbeats[0] + 0.1) & (times < downbeats[-2])
    assert np.median(found.bar_beat[inside]) == pytest.approx(SURE, abs=0.01)


def test_gaps_count_as_whole_beats() -> None:
    assert count_beats(np.array([0.0, 0.5, 1.02, 2.5, 3.0])).tolist() == [0, 1, 2, 5, 6]


def test_downbeats_that_disagree_have_a_majority_and_less_confidence() -> None:
    beats = 0.2 + np.arange(161) * 0.5
    grid = grid_of(beats, np.concatenate([beats[1:121:4], beats[122::4]]))
    assert grid.time_of_bar(0) == pytest.approx(0.7, abs=0.01)
    assert grid.downbeat_confidence == pytest.approx((4 * 30 / 40 - 1) / 3 * SURE, abs=0.01)
    triple = grid_of(beats, beats[::3])
    assert triple.downbeat_confidence < 0.05
    none = grid_of(beats, beats[:0])
    assert none.downbeat_confidence == 0.0


def test_uneven_beats_have_less_confidence() -> None:
    beats = 0.2 + np.arange(161) * 0.5
    beats[1:80:2] += 0.1
    assert grid_of(beats, beats[::4]).confidence == pytest.approx(0.5 * SURE, abs=0.02)


def test_channels_of_opposite_phase_reach_the_network(track, weights) -> None:
    audio = track.audio.mean(dim=0) * torch.tensor([[1.0], [-1.0]])
    frames = network(track.grid.beat_times, track.grid.downbeat_times)
    with stand_in(frames):
        BeatThisAnalyzer(BeatThisConfig(checkpoint=weights, device="cpu")).analyze(audio, RATE)
    np.testing.assert_array_equal(frames.signals[0], audio[0].numpy())


def test_without_the_package_it_says_how_to_get_it(weights, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "beat_this", None)
    with pytest.raises(DependencyError, match=r"pip install 'djtrans\[beat-this\]'") as raised:
        load_network(weights, "cpu")
    assert "\n" not in str(raised.value)


def test_published_weights_are_downloaded_once(tmp_path, monkeypatch) -> None:
    asked = []

    def download(url: str, file: str, progress: bool) -> None:
        asked.append(url)
        Path(file).write_bytes(b"weights")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    frames = network([], [])
    with stand_in(frames):
        for _ in range(2):
            load_network("small1", "cpu")
    assert asked == [f"{URL}/small1.ckpt"]
    assert frames.loaded == [str(tmp_path / "hub/checkpoints/beat_this-small1.ckpt")]


def test_weights_that_cannot_be_had_are_one_line(tmp_path, monkeypatch) -> None:
    def unreachable(url: str, file: str, progress: bool) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    other = tmp_path / "other.ckpt"
    other.write_bytes(b"something else")
    with stand_in(network([], [])):
        with pytest.raises(InputError, match=rf"no route to host.*{URL}/final0.ckpt as .*final0"):
            load_network("final0", "cpu")
        with pytest.raises(InputError, match=r"other.ckpt is not a checkpoint of beat_this"):
            load_network(str(other), "cpu")
        with pytest.raises(InputError, match=r"There is no checkpoint 'a/missing.ckpt'"):
            load_network("a/missing.ckpt", "cpu")
        with pytest.raises(InputError, match="not available"):
            load_network(str(other), "tpu")


def test_refusals(track, weights) -> None:
    with pytest.raises(InputError, match="finds 1 beats"):
        analyze(track.audio, weights, [3.0], [])
    with pytest.raises(InputError, match="finds 2 whole bars"):
        analyze(track.audio, weights, np.arange(8) * 10.0, [0.0])
    with pytest.raises(AudioFileError, match="silent"):
        analyze(torch.zeros(2, 20 * RATE), weights, [], [])
    with pytest.raises(ShapeError):
        analyze(track.audio[0], weights, [], [])
    assert NO < 0 < YES
