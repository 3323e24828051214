"""End-to-end tests of ``djtrans train``."""

from __future__ import annotations

import csv
import re
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from djtrans import load_model
from djtrans.cli import main
from djtrans.diffusion.checkpoint import read_model
from tests.helpers.training import small_set

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


SHORT = (
    *("--steps", 4, "--batch-size", 2, "--save-every", 2, "--validate-every", 2),
    *("--validation-batches", 2, "--pictures", 0),
)


def test_a_set_becomes_a_model_that_draws(run, data, tmp_path):
    code, out, err = run("--data", data, "--output", "run1", *SHORT)
    assert code == 0, err
    assert re.fullmatch(r"run1/best_model.pt  \(validation loss \d+\.\d{4}\)\n", out)
    assert re.search(
        r"step 4 of 4  loss \d\.\d{4} \(prediction \d\.\d{4}, smoothness \d\.\d{4}\)  "
        r"validation \d\.\d{4}  \d+\.\d\d steps/s  .* left",
        err,
    )
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


def test_a_run_starts_from_another_model(run, data):
    small = ("--set", "denoiser.width=8", "--set", "denoiser.depth=1", "--set", "denoiser.heads=1")
    code, _, err = run("--data", data, *SHORT, *small, "--encoders", "audio@2,technique")
    assert code == 0, err
    model = "output/best_model.pt"
    more = ("--data", data, "--output", "run1", *SHORT, *small, "--init-from", model)
    code, _, err = run(*more)
    assert code == 0, err
    assert re.search(
        r"^starts with \d+ of \d+ weights from best_model.pt; djtrans/audio@3 from "
        r"djtrans/audio@2 \(67 of 99 channels\); djtrans/technique@2 as before; "
        r"djtrans/objective@1 is new$",
        err,
        re.MULTILINE,
    )
    assert read_model("run1/best_model.pt")[0].card["initialized_from"]["model"] == "best_model.pt"
    code, _, err = run(*more, "--resume", "run1/checkpoint_2.pt")
    assert code == 2
    assert "starts a new run, --resume run1/checkpoint_2.pt continues one" in err
    # What does not fit is found before data are opened or made.
    code, _, err = run("--data", "none", "--output", "run2", "--init-from", model)
    assert code == 2
    assert "No layer of output/best_model.pt fits this network" in err


def test_denoiser_encoder_and_scheduler_are_set(run, data):
    settings = (
        "denoiser.width=16",
        "dit.depth=1",
        "denoiser.heads=1",
        "scheduler.order=1",
        'technique.techniques=["djtrans/fade"]',
    )
    options = [part for setting in settings for part in ("--set", setting)]
    code, _, err = run("--data", data, *SHORT, *options, "--quiet")
    assert code == 0, err
    record, _ = read_model("output/best_model.pt")
    assert record.denoiser.config == {"width": 16, "depth": 1, "heads": 1, "prediction": "clean"}
    assert record.scheduler.config["order"] == 1
    assert record.encoders[1].component.config == {"techniques": ["djtrans/fade"]}
    assert load_model("output/best_model.pt", device="cpu").scheduler_config["order"] == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--data", "set.safetensors", "--set", "denoiser.wide=8"), "has no field 'wide'; its"),
        (("--data", "set.safetensors", "--set", "denoiser.width=7"), "width = 7 is out of range"),
        (("--data", "set.safetensors", "--set", "scheduler.eta=1"), "has no field 'eta'"),
        (
            ("--data", "set.safetensors", "--set", "levels.rate=1"),
            "settings for levels, .* the model are dit, audio, technique, objective, flow",
        ),
        (("--data", "set.safetensors", "--set", "width=8"), "names no field of a component"),
        ((), r"--data PATH \(a synthetic dataset, .* a folder .* wrote\), --synthetic \(.*or both"),
        (("--data", "missing.safetensors"), "There is no dataset 'missing.safetensors'"),
        (("--data", "notes.txt"), "is not a dataset .* give a synthetic dataset .* or a folder"),
        (("--data", "set.safetensors", "--denoiser", "dot"), "Did you mean 'dit'"),
        (("--data", "set.safetensors", "--batch-size", "0"), "batch_size"),
        (("--data", "set.safetensors", "--amp", "--device", "cpu"), "faster on CUDA only"),
        (("--data", "set.safetensors", "--device", "cuda"), "not available"),
        (("--data", "set.safetensors", "--resume", "none.pt"), "There is no checkpoint"),
        (("--data", "."), r"is a folder without prepared pairs; give .* or a composed set"),
    ],
)
def test_a_mistake_is_one_line(run, data, arguments, why):
    Path("notes.txt").write_text("no set")
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
            import pkgutil
            import site
            import sys

            # What is named, and what torch itself does not do without.
            allowed = {
                "torch", "numpy", "attr", "attrs", "pluggy", "einops", "safetensors", "djtrans",
                "lazy_loader",
                "torchgen", "functorch", "filelock", "fsspec", "jinja2", "markupsafe", "mpmath",
                "networkx", "sympy", "typing_extensions", "triton", "nvidia", "cuda",
            }
            installed = {module.name for module in pkgutil.iter_modules(site.getsitepackages())}
            hidden = installed - allowed
            assert {"click", "cattrs", "librosa", "scipy", "soundfile", "soxr"} <= hidden

            class Without:
                def __init__(self, finder):
                    self.finder = finder

                def find_spec(self, name, path=None, target=None):
                    if name.partition(".")[0] in hidden:
                        return None
                    return self.finder.find_spec(name, path, target)

            sys.meta_path[:] = map(Without, sys.meta_path)
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


def level_log(data):
    """The records of a file in the log format of LevelDB, after the seven bytes of wandb's own."""
    at, record, block = 7, b"", 32768
    while at + 7 <= len(data):
        if block - at % block < 7:
            at += block - at % block
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        record += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or its last part
            yield record
            record = b""


def test_every_step_is_logged_to_wandb_offline(run, data, tmp_path, monkeypatch):
    """The real wandb, which without a network writes its run to a file: that is read back."""
    wandb = pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    wandb.teardown()  # wandb reads its environment once in a process
    code, _, err = run("--data", data, "--output", "run1", *SHORT, "--wandb", "--quiet")
    assert code == 0, err
    assert wandb.run is None  # it was finished
    wandb.teardown()  # whoever writes the file is done with it
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    rows = []
    for content in level_log(file.read_bytes()):
        record = Record()
        record.ParseFromString(content)
        if record.WhichOneof("record_type") == "run":
            assert (record.run.project, record.run.display_name) == ("djtrans", "run1")
        if record.WhichOneof("record_type") == "history":
            row = record.history.item
            rows.append({(i.key or ".".join(i.nested_key)): i.value_json for i in row})
    table = metrics()
    assert [row["step"] for row in rows] == [row["step"] for row in table]
    for name in ("loss", "prediction", "smoothness", "steps_per_second"):
        logged = [float(row[name]) for row in rows]
        assert logged == pytest.approx([float(row[name]) for row in table], rel=1e-5)
    assert [float(row["validation_loss"]) for row in rows if "validation_loss" in row] == (
        pytest.approx(
            [float(row["validation_loss"]) for row in table if row["validation_loss"]], rel=1e-5
        )
    )


def test_memory_that_runs_out_says_what_to_lower(run, data, monkeypatch):
    from djtrans.training.loss import TrainingLoss

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(TrainingLoss, "forward", full)
    code, out, err = run("--data", data, *SHORT, "--device", "cpu", "--quiet")
    assert (code, out) == (2, "")
    assert re.fullmatch(
        r"djtrans: error: Out of memory on cpu with batch size 2: lower it \(--batch-size\), .*\n",
        err,
    )
