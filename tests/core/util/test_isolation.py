"""Code of plugins: what it raises is one line, and what it does to the folder is undone."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import pytest

from djtrans.core.errors import ConfigError, PluginError, SeparationError
from djtrans.core.util.isolation import isolated, same_surroundings


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (RuntimeError("two\nlines"), "RuntimeError: two lines"),
        (SystemExit(0), "SystemExit: 0"),
        (BaseException("odd"), "BaseException: odd"),
        (RecursionError(), "RecursionError;"),
    ],
)
def test_any_exception_is_one_of_djtrans(problem, words):
    with pytest.raises(SeparationError) as caught, isolated("Separator 'x'", SeparationError):
        raise problem
    assert str(caught.value).startswith(f"Separator 'x' failed with {words}")
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is problem


@pytest.mark.parametrize("problem", [ConfigError("x"), KeyboardInterrupt()])
def test_errors_of_djtrans_and_interrupts_pass(problem):
    with pytest.raises(type(problem)) as caught, isolated("x", PluginError):
        raise problem
    assert caught.value is problem


def test_the_working_folder_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with same_surroundings():
        os.chdir("/")
    assert os.getcwd() == os.path.realpath(tmp_path)
    with suppress(PluginError), isolated("x"):
        os.chdir("/")
        raise ValueError
    assert os.getcwd() == os.path.realpath(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="a working folder cannot be removed")
def test_a_folder_that_is_gone_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with same_surroundings():
        os.chdir(tmp_path)
    with same_surroundings():
        (tmp_path / "other").mkdir()
    assert (tmp_path / "other").is_dir()


def test_streams_that_are_closed_are_replaced(monkeypatch, capfd):
    before = sys.stderr
    with same_surroundings(), open(os.devnull, "w") as silenced:
        monkeypatch.setattr(sys, "stderr", silenced)
    assert sys.stderr is before
    monkeypatch.setattr(sys, "stdout", open(1, "w", closefd=False))  # noqa: SIM115
    with same_surroundings():
        sys.stdout.close()
    print("out", flush=True)
    assert capfd.readouterr().out == "out\n"
    with same_surroundings():
        monkeypatch.setattr(sys, "stderr", None)
    assert sys.stderr is None
