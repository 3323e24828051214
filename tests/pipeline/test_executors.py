"""Executors: one thread per unit, and the error when a worker dies."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info

from djtrans.core.errors import DjtransError, InputError
from djtrans.pipeline.executors import (
    import_early,
    one_thread,
    open_executor,
    processes,
    registry_with,
)
from djtrans.registry import Registry

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "effect_in_30_lines.py"


def threads(_: object = None) -> set[int]:
    return {torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())}


def test_one_thread_holds_inside_and_what_was_comes_back():
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert threads() == {1}
            with one_thread():
                pass
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_plugins_of_files_are_loaded_once(monkeypatch):
    own = Registry()  # not the one that other tests see
    monkeypatch.setattr("djtrans.pipeline.executors.default_registry", lambda: own)
    first = registry_with((str(EXAMPLE),))
    assert registry_with((str(EXAMPLE),)) is first
    assert first.mixers.find("tilted").name == "effect_in_30_lines/tilted"


def test_no_workers_are_refused():
    with pytest.raises(InputError, match="workers = 0 is not allowed"), processes(0):
        pass


def test_one_worker_needs_no_processes_and_a_given_executor_stays_open():
    with open_executor(1) as executor:
        assert executor is None
    with ThreadPoolExecutor(1) as pool:
        with open_executor(4, pool) as executor:
            assert executor is pool
        assert pool.submit(int, "3").result() == 3
    with pytest.raises(InputError, match="workers = 0 is not allowed"), open_executor(0):
        pass


@pytest.mark.slow
def test_processes_have_one_thread_and_their_death_is_said(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with processes(1) as pool:
        assert pool.submit(threads).result() == {1}
    with pytest.raises(DjtransError, match="A worker was killed"), processes(1) as pool:
        pool.submit(_die, signal.SIGKILL).result()


@pytest.mark.slow
def test_workers_have_the_environment_of_the_moment(monkeypatch):
    import_early(2)
    monkeypatch.setenv("SET_AFTER_THE_SERVER_STARTED", "1")
    with processes(1) as pool:
        assert pool.submit(_environment).result() == dict(os.environ)
    monkeypatch.delenv("SET_AFTER_THE_SERVER_STARTED")
    with processes(1) as pool:
        assert pool.submit(_environment).result() == dict(os.environ)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers have no server")
def test_workers_are_forked_from_one_thread_that_has_imported_torch():
    with processes(1) as pool:
        threads, maps = pool.submit(_server).result()
    assert threads == 1
    assert "libtorch" in maps


def _environment() -> dict[str, str]:
    return dict(os.environ)


def _server() -> tuple[int, str]:
    folder = Path(f"/proc/{os.getppid()}")
    return len(list((folder / "task").iterdir())), (folder / "maps").read_text()


def _die(with_signal: int) -> None:
    os.kill(os.getpid(), with_signal)
