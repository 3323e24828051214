"""The device of a name."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.errors import InputError
from djtrans.core.util.devices import pick_device


@pytest.fixture
def backends(monkeypatch):
    def having(*names: str) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in names)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in names)

    return having


@pytest.mark.parametrize(
    ("present", "chosen"),
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("mps", "cuda"), "cuda")],
)
def test_auto_takes_the_fastest(backends, present, chosen):
    backends(*present)
    assert pick_device("auto") == chosen


def test_a_device_by_name_must_be_there(backends):
    backends("cuda")
    assert [pick_device(name) for name in ("cpu", "cuda", "cuda:1")] == ["cpu", "cuda", "cuda:1"]
    for absent in ("mps", "tpu", ""):
        with pytest.raises(InputError, match="choose auto or one of cuda, cpu"):
            pick_device(absent)
