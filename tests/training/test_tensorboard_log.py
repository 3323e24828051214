"""Metrics and pictures in TensorBoard."""

from __future__ import annotations

import struct
import sys
from types import ModuleType

import numpy as np
import pytest
from matplotlib.figure import Figure

from djtrans.core.errors import InputError
from djtrans.core.util.progress import Progress
from djtrans.plot import save_figure
from djtrans.training import logging_to_tensorboard


class Writer:
    """Stand in for ``SummaryWriter``."""

    def __init__(self, folder, purge_step):
        self.folder, self.purge_step, self.calls, self.closed = folder, purge_step, [], False
        written.append(self)

    def add_scalar(self, name, value, step):
        self.calls.append((name, value, step))

    def add_image(self, name, image, step, dataformats):
        assert dataformats == "HWC"
        self.calls.append((name, np.asarray(image).shape[:2], step))

    def close(self):
        self.closed = True


written: list[Writer] = []


@pytest.fixture
def picture(tmp_path):
    save_figure(Figure(figsize=(2, 1)), tmp_path / "p.png", dpi=50)
    return tmp_path / "p.png"


def test_metrics_and_pictures_are_logged_by_step(monkeypatch, tmp_path, picture):
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    written.clear()
    with logging_to_tensorboard(tmp_path / "log") as log:
        log(Progress("steps", 7, 9, "", {"step": 7, "loss": 0.5}))
        log(Progress("steps", 8, 9, "", {"loss": 0.25}, {"": picture, "more": picture}))
    (writer,) = written
    assert (writer.folder, writer.purge_step, writer.closed) == (str(tmp_path / "log"), 7, True)
    assert writer.calls == [
        ("loss", 0.5, 7),
        ("loss", 0.25, 8),
        ("curves", (50, 100), 8),
        ("more", (50, 100), 8),
    ]


def test_a_missing_package_is_named_before_the_first_step(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with (
        pytest.raises(InputError, match=r"pip install 'djtrans\[tensorboard\]'"),
        logging_to_tensorboard(tmp_path / "log"),
    ):
        pass
    assert not (tmp_path / "log").exists()


def test_the_real_package_writes_events(tmp_path, picture):
    pytest.importorskip("tensorboard")
    with logging_to_tensorboard(tmp_path / "log") as log:
        log(Progress("steps", 7, 9, "", {"step": 7, "loss": 0.5}, {"": picture}))
    (file,) = (tmp_path / "log").iterdir()
    data = file.read_bytes()
    # Records of TFRecord: length, its checksum, content, checksum of the content.
    at, records = 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        records.append(data[at + 12 : at + 12 + length])
        at += 16 + length
    assert any(b"loss" in record and struct.pack("<f", 0.5) in record for record in records)
    assert any(b"curves" in record and b"\x89PNG" in record for record in records)
