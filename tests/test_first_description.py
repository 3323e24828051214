"""The Python block of the first description of the system, line by line; only imports differ."""

from __future__ import annotations

import pytest
import torch

import djtrans
from djtrans.synthesis import TrackSpec, synthesize
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set

RATE = 22050
BLOCK = """
from djtrans import load_model, get_inference_config
from djtrans import DifferentiableDJMixer, MixerConfig
from djtrans import (
    load_stems,
    analyze_track,
    build_track_features,
    generate_transition,
    run_demucs,
)

# Load model
model = load_model("output/best_model.pt", device="cpu")

# Create mixer
mixer = DifferentiableDJMixer()
mixer.to("cpu")

# Prepare tracks
stems_a = load_stems("stems/track_a")
stems_b = load_stems("stems/track_b")
analysis_a, analysis_b = analyze_track("a.wav"), analyze_track("b.wav")
features_a = build_track_features(stems_a, analysis_a)
features_b = build_track_features(stems_b, analysis_b)

# Generate
mixed_audio, params = generate_transition(
    model, mixer,
    stems_a, stems_b,
    features_a, features_b,
    n_frames=128,
    device="cpu",
)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for side, bpm in (("a", 172.0), ("b", 170.0)):
        spec = TrackSpec(bpm=bpm, structure=(("intro", 8), ("drop", 12)), sample_rate_hz=RATE)
        track = synthesize(spec)
        djtrans.write_audio(f"{side}.wav", track.audio, RATE)
        (tmp_path / "stems").mkdir(exist_ok=True)
        djtrans.save_stems(track.stems, f"stems/track_{side}")
    record = model_record(configs={"dit": {"width": 8, "depth": 1, "heads": 1}})
    options = TrainOptions(steps=1, batch_size=1, validation_batches=1)
    train_model(small_set(), "output", record, options, device="cpu")
    return tmp_path


def test_it_runs_as_it_stands_there(folder):
    names = {}
    exec(BLOCK, names)  # noqa: S102 - that it runs is what is tested
    audio, params = names["mixed_audio"], names["params"]
    seconds = 64 * 60.0 / names["analysis_a"].grid.bpm
    assert audio.shape == (2, round(seconds * RATE))
    assert bool(torch.isfinite(audio).all())
    assert float(audio.square().mean()) > 1e-4
    assert params.values.shape == (128, 54)
    assert names["get_inference_config"]().guidance_scale == 2.0
