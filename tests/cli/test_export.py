"""End-to-end tests of ``djtrans export``."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans import load_model
from djtrans.cli import main
from djtrans.core.errors import InputError
from djtrans.diffusion import export_model
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set


@pytest.fixture
def checkpoint(tmp_path):
    record = model_record(configs={"dit": {"width": 8, "depth": 1, "heads": 1}})
    options = TrainOptions(steps=2, batch_size=2, validation_batches=1)
    result = train_model(small_set(), tmp_path / "run", record, options, device="cpu")
    return result.checkpoint


def test_what_is_exported_is_the_averaged_model_with_its_card(checkpoint, tmp_path, capsys):
    out = tmp_path / "shared" / "model.safetensors"
    out.parent.mkdir()
    with pytest.raises(SystemExit) as exit_:
        main(["export", str(checkpoint), "-o", str(out)])
    assert exit_.value.code == 0
    assert f"wrote {out}" in capsys.readouterr().out
    ours, theirs = load_model(out.parent, "cpu"), load_model(checkpoint, "cpu")
    assert ours.card == theirs.card
    assert ours.card["train"]["steps"] == 2
    averaged = torch.load(checkpoint, weights_only=True)["ema"]
    for name, weight in ours.network.state_dict().items():
        assert torch.equal(weight, averaged[name])


def test_sampling_settings_are_recorded(checkpoint, tmp_path):
    out = tmp_path / "model.safetensors"
    with pytest.raises(SystemExit) as exit_:
        main(["export", str(checkpoint), "-o", str(out), "--guidance-scale", "1.5"])
    assert exit_.value.code == 0
    before = load_model(checkpoint, "cpu").inference
    assert before.guidance_scale == 2.0
    assert load_model(out, "cpu").inference == attrs.evolve(before, guidance_scale=1.5)
    with pytest.raises(InputError):
        export_model(checkpoint, out, inference={"guidance": 1.0})
    assert load_model(out, "cpu").inference.guidance_scale == 1.5


def test_a_shared_card_names_no_folder(checkpoint, tmp_path):
    record = model_record(configs={"dit": {"width": 8, "depth": 1, "heads": 1}})
    options = TrainOptions(steps=2, batch_size=2, validation_batches=1)
    result = train_model(
        small_set(), tmp_path / "next", record, options, device="cpu", init_from=checkpoint
    )
    out = tmp_path / "model.safetensors"
    export_model(result.checkpoint, out)
    origin = load_model(out, "cpu").card["initialized_from"]
    assert origin["source"] == origin["model"] == checkpoint.name
    assert str(tmp_path).encode() not in out.read_bytes()


def test_names_and_files_that_do_not_fit_are_refused_in_one_line(checkpoint, tmp_path, capsys):
    for arguments, why in (
        ([str(checkpoint), "-o", str(tmp_path / "model.pt")], "ending in .safetensors"),
        ([str(tmp_path / "none.pt")], "There is no model"),
    ):
        with pytest.raises(SystemExit) as exit_:
            main(["export", *arguments])
        assert exit_.value.code == 2
        error = capsys.readouterr().err
        assert why in error
        assert error.count("\n") == 1
