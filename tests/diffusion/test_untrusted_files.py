"""Checkpoints and models of unknown origin end in one clear error, whatever is wrong with them."""

from __future__ import annotations

import pickle
import resource
import time
import zipfile

import pytest
import torch
from safetensors.torch import save_file

from djtrans.core.errors import FormatError
from djtrans.diffusion.building import build_model, build_network
from djtrans.diffusion.checkpoint import read_model, save_model
from djtrans.diffusion.untrusted_files import RECORD, read_checkpoint
from djtrans.training import model_record

RECORD_OF_A_SMALL_ONE = model_record(denoiser=("dit", {"width": 16, "depth": 1, "heads": 1}))


def checkpoint(tmp_path, **content):
    file = tmp_path / "checkpoint.pt"
    torch.save({RECORD: RECORD_OF_A_SMALL_ONE.to_json(), **content}, file)
    return file


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, r"has no averaged weights \(EMA\)"),
        ({"ema": None}, "has no averaged weights"),
        ({"ema": {}}, "are no tensors by name"),
        ({"ema": [torch.ones(1)]}, "are no tensors by name"),
        ({"ema": torch.ones(3)}, "are no tensors by name"),
        ({"ema": {"a": 5}}, "weight 'a' is no tensor"),
        ({"ema": {5: torch.ones(1)}}, "weight 5 is no tensor"),
        ({"ema": {"a": torch.tensor([1.0, float("nan")])}}, "weight 'a' has values that are not"),
        ({"ema": {"a": torch.tensor([float("inf")]).half()}}, "values that are not finite"),
        ({RECORD: 5, "ema": {"a": torch.ones(1)}}, "damaged model"),
        ({RECORD: "[" * 100_000, "ema": {"a": torch.ones(1)}}, "nested too deeply"),
        ({RECORD: "[]", "ema": {"a": torch.ones(1)}}, "damaged model"),
    ],
)
def test_checkpoints_with_other_content_are_refused(tmp_path, content, why):
    with pytest.raises(FormatError, match=why) as caught:
        read_model(checkpoint(tmp_path, **content))
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        b"\x80\x02.",
        b"\x80\x02]q\x01h\x05.",
        b"PK\x03\x04" + bytes(100),
        b"(" * 100_000,
        pickle.dumps("text"),
        pickle.dumps({"a": 1})[:-3],
        bytes(range(256)) * 40,
        b'{"format": "djtrans-params"}',
    ],
)
def test_other_bytes_are_no_checkpoint(tmp_path, raw):
    (tmp_path / "model.pt").write_bytes(raw)
    with pytest.raises(FormatError, match=r"model\.pt"):
        read_checkpoint(tmp_path / "model.pt")


@pytest.mark.filterwarnings("error")
def test_every_cut_of_a_checkpoint_is_refused(tmp_path):
    raw = checkpoint(tmp_path, ema={"a": torch.ones(100)}).read_bytes()
    for stop in range(0, len(raw), max(1, len(raw) // 40)):
        (tmp_path / "cut.pt").write_bytes(raw[:stop])
        with pytest.raises(FormatError, match=r"cut\.pt"):
            read_checkpoint(tmp_path / "cut.pt")


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    file = tmp_path / "bomb.pt"
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("archive/data/0", "w") as part,
    ):
        for _ in range(256):
            part.write(bytes(1 << 20))
    start = time.perf_counter()
    with pytest.raises(FormatError, match="is compressed"):
        read_checkpoint(file)
    assert time.perf_counter() - start < 0.5


def test_a_record_that_promises_more_than_there_is_takes_no_memory(tmp_path):
    """50 GB of weights are promised by the record; there are four kilobytes."""
    large = model_record(denoiser=("dit", {"width": 4096, "depth": 64, "heads": 64}))
    save_file({"a": torch.ones(1000)}, tmp_path / "model.safetensors", {RECORD: large.to_json()})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FormatError, match=r"describes a larger network than it has weights for"):
        build_model(*read_model(tmp_path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kB


def test_weights_of_another_network_are_named(tmp_path):
    network, _ = build_network(RECORD_OF_A_SMALL_ONE)
    weights = {name: torch.zeros(w.shape) for name, w in network.state_dict().items()}
    name = next(name for name, weight in weights.items() if weight.ndim == 2)
    for changed in (
        {**weights, name: weights[name].T.contiguous()},
        {k: v for k, v in weights.items() if k != name},
        {**weights, "other": torch.ones(3)},
    ):
        save_model(tmp_path / "model.safetensors", RECORD_OF_A_SMALL_ONE, changed)
        with pytest.raises(FormatError, match="its weights do not fit: ") as caught:
            build_model(*read_model(tmp_path))
        assert ("other" if "other" in changed else name) in str(caught.value)
