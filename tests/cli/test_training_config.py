"""Configuration files of ``djtrans train``."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import attrs
import click
import pytest

from djtrans.cli import main
from djtrans.cli.train import default_loader_workers, train
from djtrans.diffusion.checkpoint import read_model
from djtrans.diffusion.objective import Objective
from djtrans.training.options import TrainOptions
from tests.helpers.training import small_set

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SMALL = """
data = ["set.safetensors"]
steps = 4
batch_size = 2
save_every = 2
validate_every = 2
validation_batches = 1
warmup_steps = 0
pictures = 0
smoothness = 0.2
encoders = ["technique"]

[set]
denoiser.width = 8
denoiser.depth = 1
"denoiser.heads" = 1
technique.techniques = ["djtrans/fade", "djtrans/bass-swap"]
"""


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_set().save(tmp_path / "set.safetensors")
    Path("run.toml").write_text(SMALL)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["train", *map(str, arguments)])
        return exit_.value.code, capsys.readouterr().err

    return call


def losses(folder):
    with Path(folder, "metrics.csv").open(newline="") as lines:
        return [row["loss"] for row in csv.DictReader(lines)]


def options_of(checkpoint):
    return read_model(checkpoint)[0].card["train"]


def test_the_configuration_of_the_bundled_model_is_valid(run):
    recipe = Path(__file__).parents[2] / "examples" / "train_bundled.toml"
    small = ["--set", "denoiser.width=8", "--set", "denoiser.depth=1", "--set", "denoiser.heads=1"]
    code, err = run(
        *("--config", recipe, "--no-synthetic", "--data", "set.safetensors", *small),
        *("--encoders", "technique", "--steps", 1, "--mix-weight", 0, "--pictures", 0),
    )
    assert code == 0, err
    written = tomllib.loads(Path("output/config.toml").read_text())
    given = tomllib.loads(recipe.read_text())
    assert {**given, "synthetic": False, "steps": 1, "mix_weight": 0} == {
        key: written[key] for key in given
    }


def test_options_of_the_command_line_override_the_file(run):
    code, err = run(
        "--config", "run.toml", "--lr", "0.01", "--steps", 2, "--set", "denoiser.width=16"
    )
    assert code == 0, err
    assert "steps is 2 (4 in run.toml)" in err
    record, _ = read_model("output/checkpoint_2.pt")
    train_options = record.card["train"]
    assert (train_options["lr"], train_options["steps"], train_options["warmup_steps"]) == (
        0.01,
        2,
        0,
    )
    assert train_options["objective"]["smoothness"] == 0.2
    assert train_options["objective"]["level_mean"] == Objective().level_mean
    assert record.denoiser.config["width"] == 16
    assert record.denoiser.config["depth"] == 1
    assert [encoder.component.name for encoder in record.encoders] == ["djtrans/technique"]
    assert record.encoders[0].component.config["techniques"] == [
        "djtrans/fade",
        "djtrans/bass-swap",
    ]


def test_a_run_writes_a_file_that_reproduces_it(run):
    code, err = run("--config", "run.toml", "--lr", "0.01", "--output", "a", "--seed", 3)
    assert code == 0, err
    written = Path("a/config.toml").read_text()
    values = tomllib.loads(written)
    assert values["lr"] == 0.01
    assert values["encoders"] == ["djtrans/technique@2"]
    assert values["set"]["denoiser.width"] == 8
    code, err = run("--config", "a/config.toml", "--output", "b", "--quiet")
    assert code == 0, err
    assert losses("a") == losses("b")
    again = tomllib.loads(Path("b/config.toml").read_text())
    assert again == {**values, "output": "b"}
    # Every option of the command that belongs to a run has its key.
    call = {"config", "quiet", "verbose", "resume", "set_"}
    known = {parameter.name for parameter in train.params} - call
    assert set(values) == known - {"data_share", "init_from"} | {"set"}


def test_a_run_is_resumed_with_its_own_file_which_stays(run):
    assert run("--config", "run.toml", "--output", "a", "--quiet")[0] == 0
    model = "a/best_model.pt"
    assert run("--config", "run.toml", "--output", "b", "--init-from", model, "--quiet")[0] == 0
    before = Path("b/config.toml").read_bytes()
    assert tomllib.loads(before.decode())["init_from"] == model
    code, err = run("--config", "b/config.toml", "--resume", "b/checkpoint_2.pt", "--steps", 4)
    assert code == 0, err
    assert "init_from is not used: --resume b/checkpoint_2.pt continues a run" in err
    assert "b/config.toml is the given configuration and stays as it is" in err
    assert Path("b/config.toml").read_bytes() == before
    # Elsewhere a file is written, also with the origin of the weights.
    code, err = run("--config", "run.toml", "--resume", "b/checkpoint_2.pt", "--output", "c")
    assert code == 0, err
    assert tomllib.loads(Path("c/config.toml").read_text())["init_from"] == model
    assert losses("c") == losses("b")[2:]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("step = 4", r"unknown key 'step'. Did you mean 'steps'"),
        ("batch-size = 4", "unknown key 'batch-size'. Did you mean 'batch_size'?"),
        ("resume = 'a.pt'", "unknown key 'resume'"),
        ("steps = 1.5", "steps = 1.5 is not allowed; give an integer"),
        ("steps = true", "steps = True is not allowed; give an integer"),
        ("lr = '1e-4'", "lr = '1e-4' is not allowed; give a number"),
        ("amp = 1", "amp = 1 is not allowed; give true or false"),
        ("data = 'set'", "data = 'set' is not allowed; give a list of texts"),
        ("mixer = 3", "mixer = 3 is not allowed; give a text in quotes"),
        ("set = 3", "set = 3 is not allowed; give a table"),
        ("steps = 0", "steps = 0 is out of range"),
        ("audio_loss = 'mse'", "'mse' is not one of 'spectral', 'mel'"),
        ("steps 4", "run.toml is not valid TOML"),
        ("[set]\ndenoiser.wide = 8", "has no field 'wide'"),
    ],
)
def test_mistakes_are_named(run, text, why):
    rest = "" if text.startswith("data") else 'data = ["set.safetensors"]\n'
    Path("run.toml").write_text(rest + text)
    code, err = run("--config", "run.toml")
    assert code == 2
    assert why in " ".join(err.split())
    assert not Path("output").exists()


def test_a_missing_file_and_one_of_the_user_are_refused(run):
    code, err = run("--config", "none.toml")
    assert code == 2
    assert "Cannot read the configuration none.toml" in err
    Path("output").mkdir()
    Path("output/config.toml").write_text("mine = true\n")
    code, err = run("--config", "run.toml")
    assert code == 2
    assert "config.toml exists and was not written by djtrans" in err


def test_defaults_are_those_of_the_options():
    defaults = {parameter.name: parameter.default for parameter in train.params}
    for options in (TrainOptions(), Objective()):
        for field in attrs.fields(type(options)):
            if field.name not in ("objective", "shares", "audio_weight", "loader_workers"):
                assert defaults[field.name] == getattr(options, field.name), field.name
    assert all(parameter.help for parameter in train.params if isinstance(parameter, click.Option))


def test_workers_are_the_default_where_the_cpu_is_free(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 32)
    assert default_loader_workers("cpu") == 0
    assert default_loader_workers("cuda") == 8
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    assert default_loader_workers("cuda") == 2


def test_an_early_end_is_stated(run):
    options = ("--lr", "0", "--patience", 1, "--validate-every", 1, "--steps", 9)
    code, err = run("--config", "run.toml", *options)
    assert code == 0, err
    assert "Ended after step 2: no improvement in 1 validations." in err
