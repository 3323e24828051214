"""A little of everything, for other Pythons and versions: `make test-smoke`, `make test-lowest`."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import djtrans
from djtrans.cli import main
from djtrans.core.audio.containers import WRITABLE
from djtrans.diffusion.sampling import denoise
from djtrans.registry import default_registry
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050


@pytest.fixture(scope="module")
def truth():
    structure = (("intro", 8), ("drop", 8), ("outro", 8))
    return [
        djtrans.synthesize(
            djtrans.TrackSpec(bpm=bpm, seed=seed, structure=structure, sample_rate_hz=RATE)
        )
        for bpm, seed in ((172.0, 1), (170.0, 2))
    ]


@pytest.fixture(scope="module")
def files(truth, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    paths = [folder / "a.wav", folder / "b.flac"]
    for path, track in zip(paths, truth, strict=True):
        djtrans.write_audio(path, track.audio, RATE)
        djtrans.save_stems(track.stems, folder / path.stem)
    return paths


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert exit_.value.code == 0, err
        return out

    return call


@pytest.mark.parametrize("extension", sorted(WRITABLE))
def test_audio_is_written_and_read(tmp_path, extension):
    tone = 0.5 * torch.sin(torch.arange(RATE) * (2 * np.pi * 440 / RATE)).repeat(2, 1)
    found, rate = djtrans.load_audio(
        djtrans.write_audio(tmp_path / f"tone{extension}", tone, RATE), sample_rate=44100
    )
    assert (rate, found.shape) == (44100, (2, 44100))
    wanted = 0.5 * torch.sin(torch.arange(44100) * (2 * np.pi * 440 / 44100))
    # 30 dB below the tone, away from the ends.
    assert float((found[0] - wanted)[2000:-2000].square().mean()) < 1e-3 * 0.125


def test_analysis_finds_tempo_and_beats(run, truth, files):
    for track, found in zip(
        truth, json.loads(run("analyze", *files, "--json", "--quiet")).values(), strict=True
    ):
        assert found["grid"]["bpm"] == pytest.approx(track.grid.bpm, abs=0.05)
        beats = found["grid"]["beat_times"]
        distance = np.abs(np.asarray(track.grid.beat_times)[:, None] - np.asarray(beats)).min(1)
        assert np.median(distance) < 0.015


@pytest.mark.parametrize("model", ["none", "auto"])
def test_a_transition_is_generated_and_rendered_again(run, files, tmp_path, model):
    params, picture = tmp_path / "params.json", tmp_path / "first.png"
    stems = [f"--stems-{side}={files[0].parent / side}" for side in "ab"]
    run(
        *("generate", *files, "--technique", "bass-swap", "--bars", 8, "--context", 0, *stems),
        *("--model", model),
        *("-o", tmp_path / "first.wav", "--save-params", params, "--visualize"),
    )
    run("render", params, *files, "-o", tmp_path / "second.wav")
    first, second = (
        djtrans.load_audio(tmp_path / f"{name}.wav")[0] for name in ("first", "second")
    )
    assert torch.equal(first, second)
    assert first.shape[-1] == pytest.approx(8 * 4 * 60 / 172 * RATE, abs=2)
    assert float(first.square().mean()) > 1e-4
    assert picture.read_bytes().startswith(b"\x89PNG")
    recorded = json.loads(params.read_text(encoding="utf-8"))
    assert (recorded["model"] is None) == (model == "none")
    measured = json.loads(run("evaluate", "--json", params, *files))
    assert measured


def test_neutral_curves_mix_the_sum_of_all_stems():
    mixer = djtrans.DifferentiableDJMixer()
    generator = torch.Generator().manual_seed(0)
    a, b = (0.1 * torch.randn(4, 2, RATE, generator=generator) for _ in "ab")
    values = torch.tensor(mixer.layout.neutral).repeat(16, 1).requires_grad_(True)
    mixed = mixer(a, b, values, sample_rate=RATE).mix
    assert float((mixed - a.sum(0) - b.sum(0)).detach().abs().max()) < 1e-5
    mixed.square().sum().backward()
    assert bool(torch.isfinite(values.grad).all())
    assert float(values.grad.abs().max()) > 0


def test_every_scheduler_finds_the_only_point_there_is():
    """A distribution of one point: the exact denoiser returns it, and so must every scheduler."""
    clean = torch.linspace(-0.9, 0.9, 24).reshape(1, 6, 4)
    schedulers = default_registry().schedulers
    names = sorted(component.name for component in schedulers)
    assert len(names) >= 4
    for name in names:
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(1, 6, 4, generator=generator)
        found = denoise(
            lambda x, level: clean, schedulers.build(name), noise, 8, generator=generator
        )
        assert float((found - clean).abs().max()) < 1e-5, name


def test_a_model_is_trained_and_exported(run, tmp_path):
    record = model_record(configs={"dit": {"width": 8, "depth": 1, "heads": 1}})
    options = TrainOptions(steps=2, batch_size=2, validation_batches=1)
    trained = train_model(small_set(), tmp_path / "run", record, options, device="cpu")
    run("export", trained.checkpoint, "-o", tmp_path / "model.safetensors")
    assert djtrans.load_model(tmp_path / "model.safetensors", "cpu").card["train"]["steps"] == 2


def test_the_plugins_are_listed(run):
    assert "djtrans/constant-grid" in run("plugins")
