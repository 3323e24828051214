"""A missing key or a refused run of Weights & Biases is found before the training."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from djtrans.core.errors import InputError
from djtrans.core.util.progress import Progress
from djtrans.training import logging_to_wandb


class Error(Exception):
    """As ``wandb.Error``, the base class of its exceptions."""


@pytest.fixture
def fake(monkeypatch):
    """Stand in for wandb, online, with a login that succeeds."""
    monkeypatch.setenv("WANDB_MODE", "online")
    module = SimpleNamespace(Error=Error, login=lambda: True)
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def raising(message):
    def call(*_, **__):
        raise Error(message)

    return call


def enter():
    with logging_to_wandb("run", {}) as log:
        log(Progress("steps", 1, 2, "", {"loss": 0.5}))


def test_a_missing_key_is_an_error_before_the_first_step(fake):
    fake.login = raising("No API key configured. Use `wandb login` to log in.")
    with pytest.raises(InputError, match=r"No API key configured.*WANDB_MODE=offline"):
        enter()
    fake.login = lambda: False
    with pytest.raises(InputError, match="wandb has no API key"):
        enter()


def test_offline_no_key_is_needed(fake, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    fake.login = raising("must not be called")
    with logging_to_wandb("run", {}):
        pass


def test_a_run_that_is_refused_is_one_line(fake):
    fake.init = raising("permission denied\nto project djtrans")
    with pytest.raises(InputError, match="cannot start a run: permission denied to project djt"):
        enter()


def test_pictures_are_logged_with_the_metrics_of_their_step(fake, tmp_path):
    logged = []
    fake.init = lambda **_: SimpleNamespace(
        log=lambda row, step: logged.append((row, step)), finish=lambda exit_code=0: None
    )
    fake.Image = lambda path: ("image", path)
    with logging_to_wandb("run", {}) as log:
        log(Progress("steps", 1, 2, "", {"loss": 0.5}))
        log(Progress("steps", 2, 2, "", {"loss": 0.25}, {"": tmp_path / "a.png"}))
    assert logged == [
        ({"loss": 0.5}, 1),
        ({"loss": 0.25, "pictures/curves": ("image", str(tmp_path / "a.png"))}, 2),
    ]


def test_the_real_library_without_a_key(monkeypatch, tmp_path):
    pytest.importorskip("wandb")
    for name in ("HOME", "WANDB_DIR", "WANDB_CONFIG_DIR", "NETRC"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"wandb .*(API key|api_key).*wandb login"):
        enter()
