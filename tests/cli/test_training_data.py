"""``djtrans train`` on prepared pairs, on several sources, and with an audio loss."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

import djtrans.datasets.pairs.batches
import djtrans.datasets.synthetic.composing
from djtrans import load_model
from djtrans.cli import main
from djtrans.datasets.mixture import MixedBatches
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.pairs.opening import CACHE
from djtrans.diffusion.checkpoint import read_checkpoint
from djtrans.registry import default_registry
from tests.helpers.pairs import write_pairs
from tests.helpers.training import small_set

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "processed"
    write_pairs(folder, count=2)
    return folder


@pytest.fixture
def data(tmp_path):
    small_set().save(tmp_path / "set.safetensors")
    return tmp_path / "set.safetensors"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["train", *map(str, arguments), "--device", "cpu"])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


SHORT = ("--steps", 4, "--batch-size", 2, "--save-every", 2, "--validate-every", 2)


def metrics(folder="output"):
    with (Path(folder) / "metrics.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_prepared_pairs_become_a_model_and_a_run_goes_on(run, processed):
    code, _, err = run("--data", processed, *SHORT)
    assert code == 0, err
    model = load_model("output/best_model.pt", device="cpu")
    assert model.card["data"]["pairs"] == 2
    whole = metrics()
    assert "audio" not in whole[0]
    code, _, err = run("--data", processed, *SHORT, "--resume", "output/checkpoint_2.pt", "--quiet")
    assert code == 0, err
    assert [row["loss"] for row in metrics()] == [row["loss"] for row in whole]


def test_the_audio_loss_has_a_column_and_a_run_is_resumed(run, processed, monkeypatch):
    monkeypatch.setattr(djtrans.datasets.pairs.batches, "CROPS", 1)
    # A validation takes longest: once, at the end.
    steps = (*SHORT, "--validate-every", 4)
    heard = ("--data", processed, *steps, "--with-audio", "--audio-weight", "0.5")
    code, _, err = run(*heard)
    assert code == 0, err
    assert re.search(
        r"step 4 of 4  loss \d+\.\d{4} \(prediction \S+, smoothness \S+, audio \d\.\d{4}\)"
        r"  validation \S+  \S+ steps/s",
        err,
    )
    whole = metrics()
    assert all(float(row["audio"]) > 0.0 for row in whole)
    loss, prediction, smoothness, audio = (
        float(whole[0][name]) for name in ("loss", "prediction", "smoothness", "audio")
    )
    assert loss == pytest.approx(prediction + 0.1 * smoothness + 0.5 * audio, rel=1e-4)
    code, _, err = run(*heard, "--resume", "output/checkpoint_2.pt", "--quiet")
    assert code == 0, err
    for name in ("loss", "audio", "grad_norm", "validation_loss"):
        assert [row[name] for row in metrics()] == [row[name] for row in whole]
    code, _, err = run("--data", processed, *steps, "--resume", "output/checkpoint_2.pt")
    assert code == 2
    assert "audio_weight = 0.5 (now 0.0)" in err
    code, _, err = run(*heard, "--audio-loss", "mel", "--resume", "output/checkpoint_2.pt")
    assert code == 2
    assert "audio_loss = spectral (now mel)" in err
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    code, _, err = run(*heard, "--audio-loss", "mel", "--output", "other")
    assert code == 2
    assert "The mel loss needs torchaudio" in err


@pytest.fixture
def asked_of(monkeypatch):
    """The shares that a run mixes its sources by."""
    seen = []

    class Watched(MixedBatches):
        def __attrs_post_init__(self):
            super().__attrs_post_init__()
            seen.append((self.sources, self.shares))

    monkeypatch.setattr("djtrans.training.run.MixedBatches", Watched)
    return seen


def test_several_sources_share_a_run_by_their_frames(run, processed, data, asked_of):
    code, _, err = run("--data", processed, "--data", data, *SHORT)
    assert code == 0, err
    ((sources, shares),) = asked_of
    assert [type(source).__name__ for source in sources] == ["PreparedBatches", "SyntheticBatches"]
    # One pair of 4 bars for training against transitions of 8, 4 and 8 bars.
    assert shares == pytest.approx((1 / 6, 5 / 6))
    card = load_model("output/best_model.pt", device="cpu").card
    assert card["data"]["sources"][0]["pairs"] == 2
    assert card["data"]["shares"] == pytest.approx(shares)


def test_data_and_synthesized_tracks_share_a_run_as_asked(
    run, processed, data, asked_of, monkeypatch
):
    monkeypatch.setattr(
        djtrans.datasets.synthetic.composing, "compose_dataset", lambda *_, **__: small_set()
    )
    both = ("--data", processed, "--data", data, "--synthetic", *SHORT, "--quiet")
    code, _, err = run(*both, "--data-share", "0.6")
    assert code == 0, err
    ((sources, shares),) = asked_of
    assert [type(source).__name__ for source in sources] == [
        "PreparedBatches",
        "SyntheticBatches",
        "SyntheticBatches",
    ]
    assert shares == pytest.approx((0.1, 0.5, 0.4))
    options = json.loads(read_checkpoint("output/checkpoint_2.pt")["options"])
    assert options["shares"] == pytest.approx(shares)
    losses = [row["loss"] for row in metrics()]
    again = (*both, "--resume", "output/checkpoint_2.pt")
    code, _, err = run(*again, "--data-share", "0.6")
    assert code == 0, err
    assert [row["loss"] for row in metrics()] == losses
    code, _, err = run(*again)
    assert code == 2
    assert "was started with shares = " in err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--data", "set.safetensors", "--with-audio"), "contains no audio .*--data FOLDER"),
        (("--synthetic", "--with-audio"), "do not contain; give a folder .* wrote"),
        (("--data", "set.safetensors", "--data-share", "0.5"), "--data-share divides .* give both"),
        (("--data", "s", "--synthetic", "--data-share", "2"), "from 0 to 1"),
        (("--data", "set.safetensors", "--audio-weight", "-1", "--with-audio"), "audio_weight"),
        (("--synthetic", "--amp"), "faster on CUDA only"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_made_first(run, data, arguments, why):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert re.search(why, err)
    assert not Path("output").exists()


@pytest.fixture
def extractor_file(tmp_path):
    """A plugin file, taken out of the registry of the process again."""
    yield shutil.copy(ROOT / "tests/helpers/extractor_plugin.py", tmp_path / "lab.py")
    default_registry().unregister("lab")


def test_the_extractor_of_an_encoder_runs_on_the_pairs(
    capsys, processed, extractor_file, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    arguments = ("--data", processed, "--encoders", "technique,lab/loud", *SHORT, "--quiet")
    settings = ("--set", "lab/loud.scale=2.0")
    with pytest.raises(SystemExit) as exit_:
        main(["--plugin", str(extractor_file), "train", *map(str, arguments), *settings])
    assert exit_.value.code == 0, capsys.readouterr().err
    kept = PreparedDataset.load(processed / CACHE)
    assert [example.extractors for example in kept.examples] == [{"loudness": 1}] * 2
    model = load_model("output/best_model.pt", device="cpu")
    assert model.extractors[0].scale == 2.0
