"""Running out of memory, of a device or of the machine, is reported on one line."""

from __future__ import annotations

import pytest
import soundfile
import torch

from djtrans.cli import main
from djtrans.pipeline import generation

ERRORS = [
    torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 4 GiB."
    ),
    RuntimeError("MPS backend out of memory (MPS allocated: 18.0 GB, other allocations: 1 KB)."),
]


@pytest.fixture(autouse=True)
def tracks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, [0.5] * 100, 22050)


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


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 1.2 TiB for an array with shape (1, 2)"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 4032095097432 bytes. Error code 12"
        ),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_the_memory_of_the_machine(monkeypatch, capsys, error):
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, error)
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("djtrans: error: Memory ran out. Give shorter audio files")


def test_any_other_runtime_error_is_a_bug_and_shown_as_one(monkeypatch):
    with pytest.raises(RuntimeError, match="shapes"):
        run(monkeypatch, RuntimeError("shapes do not match"))
