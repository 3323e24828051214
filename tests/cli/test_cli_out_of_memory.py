"""Running out of device memory is reported on one line."""

from __future__ import annotations

import pytest
import torch

from djtrans.cli import main
from djtrans.pipeline import generation

ERRORS = [
    torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 4 GiB."
    ),
    RuntimeError("MPS backend out of memory (MPS allocated: 18.0 GB, other allocations: 1 KB)."),
]


def run(monkeypatch, error):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(generation, "generate", fails)
    main(["generate", "a.wav", "b.wav", "-o", "out.wav"])


@pytest.mark.parametrize("error", ERRORS)
def test_it_names_the_device_and_what_to_do(monkeypatch, capsys, error):
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, error)
    assert exit_.value.code == 2
    device = str(error).partition(" out")[0]
    assert capsys.readouterr().err == (
        f"djtrans: error: {device} out of memory. Compute on the CPU: --device cpu. "
        "See docs/troubleshooting.md.\n"
    )


def test_any_other_runtime_error_is_a_bug_and_shown_as_one(monkeypatch):
    with pytest.raises(RuntimeError, match="shapes"):
        run(monkeypatch, RuntimeError("shapes do not match"))
