"""Where units run: one thread each, and what is said when a worker dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info

from djtrans.core.errors import DjtransError, InputError
from djtrans.pipeline.executors import each, one_thread, processes, registry_with
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


def square(x: int) -> int:
    return x * x


@pytest.mark.parametrize("parallel", [False, True])
def test_each_unit_has_its_result(parallel):
    if not parallel:
        assert list(each(square, [3, 4, 5])) == [(0, 9), (1, 16), (2, 25)]
        return
    with ThreadPoolExecutor(2) as pool:
        assert sorted(each(square, [3, 4, 5], pool)) == [(0, 9), (1, 16), (2, 25)]


def test_plugins_of_files_are_loaded_once(monkeypatch):
    own = Registry()  # not the one that other tests see
    monkeypatch.setattr("djtrans.pipeline.executors.default_registry", lambda: own)
    first = registry_with((str(EXAMPLE),))
    assert registry_with((str(EXAMPLE),)) is first
    assert first.mixers.find("tilted").name == "effect_in_30_lines/tilted"


def test_no_workers_are_refused():
    with pytest.raises(InputError, match="workers = 0 is not allowed"), processes(0):
        pass


@pytest.mark.slow
def test_processes_have_one_thread_and_their_death_is_said(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with processes(1) as pool:
        assert [found for _, found in each(threads, [0], pool)] == [{1}]
    with pytest.raises(DjtransError, match="A worker was killed"), processes(1) as pool:
        list(each(_die, [signal.SIGKILL], pool))


def _die(with_signal: int) -> None:
    os.kill(os.getpid(), with_signal)
