"""Models as files: what is written is read, what is hostile or foreign is refused."""

from __future__ import annotations

import json
import os
import pickle

import attrs
import pytest
import torch
from safetensors.torch import save_file

from djtrans import mixer_layout
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.errors import FormatError
from djtrans.diffusion.checkpoint import (
    RECORD,
    EncoderRecord,
    ModelRecord,
    read_model,
    save_model,
)


def record(**changes):
    content = ModelRecord(
        layout=mixer_layout("dj54"),
        stems=("drums", "bass", "vocals", "other"),
        frames_per_beat=2,
        denoiser=ComponentRecord(name="djtrans/dit", version=1, config={"width": 8, "heads": 1}),
        encoders=(
            EncoderRecord(
                component=ComponentRecord(name="djtrans/none", version=1), per_frame=0, global_=0
            ),
        ),
        scheduler=ComponentRecord(name="djtrans/flow", version=1, config={"order": 2}),
        inference={"guidance_scale": 1.5},
        card={"steps": 3},
    )
    return attrs.evolve(content, **changes)


WEIGHTS = {"a": torch.arange(6.0).reshape(2, 3), "b.c": torch.ones(1)}


def test_what_is_saved_is_read(tmp_path):
    save_model(tmp_path / "model.safetensors", record(), WEIGHTS)
    for where in (tmp_path, tmp_path / "model.safetensors"):
        read, weights = read_model(where)
        assert read == record()
        assert weights.keys() == WEIGHTS.keys()
        assert all(torch.equal(weights[name], WEIGHTS[name]) for name in WEIGHTS)


def test_of_a_training_checkpoint_the_averaged_weights_are_read(tmp_path):
    content = {RECORD: record().to_json(), "ema": WEIGHTS, "network": {"a": torch.zeros(1)}}
    torch.save(content, tmp_path / "checkpoint_1.pt")
    read, weights = read_model(tmp_path / "checkpoint_1.pt")
    assert attrs.evolve(read, card=record().card) == record()
    assert torch.equal(weights["a"], WEIGHTS["a"])


class _Hostile:
    def __init__(self, touched):
        self.touched = touched

    def __reduce__(self):
        return os.mkdir, (str(self.touched),)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("save", [torch.save, lambda x, f: f.write_bytes(pickle.dumps(x))])
def test_a_hostile_file_is_not_executed(tmp_path, save):
    touched, file = tmp_path / "executed", tmp_path / "model.pt"
    save({RECORD: record().to_json(), "ema": _Hostile(touched)}, file)
    with pytest.raises(FormatError, match=r"could run code when it is read, so it was not read"):
        read_model(file)
    assert not touched.exists()
    with pytest.raises(FormatError):  # by another name neither
        read_model(file.rename(tmp_path / "model.safetensors"))
    assert not touched.exists()


def test_files_that_are_no_models_are_refused_by_what_they_are(tmp_path):
    save_file(WEIGHTS, tmp_path / "other.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0")
    (tmp_path / "cut.pt").write_bytes(b"PK\3\4")
    torch.save({"weights": torch.ones(1)}, tmp_path / "other.pt")
    (tmp_path / "empty").mkdir()
    for name, why in (
        ("other.safetensors", "contains weights, but no djtrans model"),
        ("cut.safetensors", "not a readable safetensors file"),
        ("cut.pt", "not a readable checkpoint"),
        ("other.pt", "not a checkpoint of djtrans"),
        ("empty", "contains no model.safetensors"),
        ("nothing.pt", "There is no model"),
        ("long" * 99, "There is no model"),
    ):
        with pytest.raises(FormatError, match=why):
            read_model(tmp_path / name)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d.update(format_version=9), "format version 9; this djtrans reads 1"),
        (lambda d: d.pop("denoiser"), "damaged model"),
        (lambda d: d["layout"].pop(), "layout does not match its layout digest"),
        (lambda d: d["denoiser"].pop("name"), "damaged model"),
    ],
)
def test_a_damaged_record_is_refused(change, why):
    document = json.loads(record().to_json())
    change(document)
    with pytest.raises(FormatError, match=why):
        ModelRecord.from_json(json.dumps(document), "here")


def test_a_failed_save_leaves_the_old_file(tmp_path):
    file = tmp_path / "model.safetensors"
    save_model(file, record(), WEIGHTS)
    before = file.read_bytes()
    with pytest.raises(TypeError, match="JSON"):
        save_model(file, record(card={"x": object()}), WEIGHTS)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
