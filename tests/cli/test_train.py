"""``djtrans train`` as a user meets it."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from djtrans import load_model
from djtrans.cli import main
from tests.core.training.small import small_set

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(tmp_path):
    small_set().save(tmp_path / "set.safetensors")
    return tmp_path / "set.safetensors"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["train", *map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def metrics():
    with Path("run1/metrics.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


SHORT = ("--steps", 4, "--batch-size", 2, "--save-every", 2, "--validate-every", 2)


def test_a_set_becomes_a_model_that_draws(run, data, tmp_path):
    code, out, err = run("--data", data, "--output", "run1", *SHORT)
    assert code == 0, err
    assert re.fullmatch(r"run1/best_model.pt  \(validation loss \d+\.\d{4}\)\n", out)
    assert re.search(r"step 4 of 4  loss .*validation .* steps/s .* left", err)
    model = load_model("run1/best_model.pt", device="cpu")
    assert model.card["train"]["steps"] == 4
    rows = metrics()
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]

    code, _, err = run(
        "--data", data, "--output", "run1", *SHORT, "--resume", "run1/checkpoint_2.pt"
    )
    assert code == 0, err
    again = metrics()
    assert [row["loss"] for row in again] == [row["loss"] for row in rows]


def test_another_denoiser_and_other_encoders_are_named(run, data):
    code, _, err = run(
        "--data", data, *SHORT, "--denoiser", "unet1d", "--encoders", "technique", "--quiet"
    )
    assert code == 0, err
    model = load_model("output/best_model.pt", device="cpu")
    assert [slot.encoder for slot in model.network.slots] == ["djtrans/technique"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), r"a composed set \(--data set.safetensors\), or tracks .*\(--synthetic\)"),
        (("--data", "x.safetensors", "--synthetic"), "Both are given"),
        (("--data", "missing.safetensors"), "There is no composed set"),
        (("--data", "set.safetensors", "--denoiser", "dot"), "Did you mean 'dit'"),
        (("--data", "set.safetensors", "--batch-size", "0"), "batch_size"),
        (("--data", "set.safetensors", "--amp", "--device", "cpu"), "pays on CUDA only"),
        (("--data", "set.safetensors", "--device", "cuda"), "not available"),
        (("--data", "set.safetensors", "--resume", "none.pt"), "There is no checkpoint"),
        (("--data", "."), "is a folder; give a composed set"),
    ],
)
def test_a_mistake_is_one_line(run, data, arguments, why):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert re.search(why, err)


def test_training_needs_no_audio_library(data, tmp_path):
    script = tmp_path / "bare.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys

            allowed = {"torch", "numpy", "attr", "attrs", "pluggy", "einops", "safetensors"}
            blocked = {
                "cattrs", "click", "demucs", "huggingface_hub", "lazy_loader", "librosa",
                "matplotlib", "platformdirs", "pyloudnorm", "python_stretch", "rich", "scipy",
                "soundfile", "soxr", "torchaudio", "wandb",
            }

            class Absent:
                def find_spec(self, name, path=None, target=None):
                    if name.partition(".")[0] in blocked:
                        raise ModuleNotFoundError(f"{name} is not here")

            sys.meta_path.insert(0, Absent())
            import runpy

            sys.argv = ["train.py", *sys.argv[1:]]
            runpy.run_path("examples/train.py", run_name="__main__")
            """
        )
    )
    arguments = ["--data", data, "--output", tmp_path / "run", "--steps", "1"]
    done = subprocess.run(
        [sys.executable, script, *arguments, "--batch-size", "2", "--device", "cpu"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "checkpoint_1.pt  (lowest validation loss" in done.stdout


def test_wandb_that_is_not_installed_is_named(run, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    code, _, err = run("--data", data, *SHORT, "--wandb")
    assert code == 2
    assert "pip install 'djtrans[wandb]'" in err
