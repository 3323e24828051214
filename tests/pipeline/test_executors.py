"""Executors: one thread per unit, and the error when a worker dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info

from djtrans.core.errors import DjtransError, InputError
from djtrans.pipeline.executors import one_thread, open_executor, processes, registry_with
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


def _die(with_signal: int) -> None:
    os.kill(os.getpid(), with_signal)
