"""The five research tasks run as scripts, and each is short."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.pairs import write_pairs
from tests.helpers.training import small_set

pytestmark = pytest.mark.usefixtures("warm_cache")

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "examples/research"
LONGEST = 110


@pytest.fixture
def run(run_script):
    def call(name, *arguments):
        done = run_script(SCRIPTS / name, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def test_each_task_fits_on_a_page():
    lines = {path.name: len(path.read_text().splitlines()) for path in SCRIPTS.glob("*.py")}
    assert len(lines) == 5
    assert max(lines.values()) <= LONGEST, lines


def test_a_new_denoiser_is_trained(run, tmp_path):
    small_set().save(tmp_path / "set.safetensors")
    out = tmp_path / "run"
    arguments = ("--data", tmp_path / "set.safetensors", "--output", out, "--steps", 3)
    printed = run("new_denoiser.py", *arguments)
    assert re.search(r"checkpoint_3\.pt: validation loss \d+\.\d{4}$", printed.strip())
    assert (out / "best_model.pt").is_file()


def test_a_stateful_effect_is_applied(run, tmp_path):
    import torch

    from djtrans import load_audio, write_audio

    noise = torch.randn(2, 4410, generator=torch.Generator().manual_seed(0)) * 0.1
    write_audio(tmp_path / "in.wav", noise, 4410)
    assert "1.0 s" in run("stateful_effect.py", tmp_path / "in.wav", tmp_path / "out.wav")
    swept, _ = load_audio(tmp_path / "out.wav")
    # The same recursion in float64: frames lie at thirds of the audio, the last value is held.
    curve = np.interp(np.arange(4410), [0, 1470, 2940], [0.0, 0.9, 0.0])
    x, y = noise.numpy().astype(np.float64), np.zeros((2, 4411))
    for n in range(4410):
        y[:, n + 1] = y[:, n] + (1 - 0.999 * curve[n]) * (x[:, n] - y[:, n])
    np.testing.assert_allclose(swept, y[:, 1:], atol=2e-3)


@pytest.mark.slow
def test_the_stateful_effect_keeps_the_rules_of_the_kit():
    from djtrans import Registry
    from djtrans.testing import check_effect

    registry = Registry(discover=False)
    registry.register_file(SCRIPTS / "stateful_effect.py")
    check_effect(registry.effects.find("one-pole").declaration)


@pytest.mark.slow
def test_a_trainable_encoder_learns_from_its_own_features(run, tmp_path):
    arguments = ("--tracks", 8, "--transitions", 30, "--steps", 3)
    printed = run("trainable_encoder.py", "--output", tmp_path / "run", *arguments)
    assert "checkpoint_3.pt: encoder weights" in printed


def test_a_scheduler_with_settings_samples_the_bundled_model(run):
    printed = run("scheduler_with_settings.py", "--churn", "0.5")
    assert re.findall(r"^(\w+): mean difference", printed, flags=re.MULTILINE) == [
        "flow",
        "stochastic",
    ]


def test_a_model_is_trained_on_own_curves(run, tmp_path):
    write_pairs(tmp_path / "pairs", count=2)
    folder = tmp_path / "curves"
    folder.mkdir()
    from djtrans.datasets import open_dataset

    for example in open_dataset(tmp_path / "pairs").examples:
        with open(folder / f"{example.name}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["a/other/eq/mid"])
            writer.writerows([1.5] for _ in range(example.request.n_frames))
    arguments = (tmp_path / "pairs", folder, "--output", tmp_path / "run", "--steps", 2)
    assert "2 pairs, validation loss" in run("train_on_own_curves.py", *arguments)
