"""Batches from worker processes: the same as without, in order, and clear errors."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import closing

import attrs
import pytest
import torch

from djtrans.core.errors import FormatError
from djtrans.datasets import loader
from djtrans.datasets.loader import load_batches, worker_death
from tests.helpers.training import Ramps


@attrs.frozen
class Slow(Ramps):
    """Ramps of which some take longer, one is damaged, and one kills its process."""

    damaged: int = -1
    deadly: int = -1

    def batch(self, index, size, *, validation=False, group=1):
        time.sleep(0.05 * (index % 3 == 0))
        if index == self.damaged:
            raise FormatError(f"pair {index} is damaged")
        if index == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        batch = super().batch(index, size, validation=validation)
        return attrs.evolve(batch, curves=batch.curves + 1000 * group)


def everything(workers, indices=range(2, 20, 3), **more):
    with closing(load_batches(Slow(), indices, 4, workers=workers, **more)) as batches:
        return list(batches)


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_do_not_depend_on_the_number_of_workers(workers):
    before = torch.random.get_rng_state()
    for more in ({}, {"validation": True, "group": 2}):
        expected, given = everything(0, **more), everything(workers, **more)
        assert len(given) == 6
        for one, other in zip(expected, given, strict=True):
            assert torch.equal(one.curves, other.curves)
            assert torch.equal(one.conditioning.per_frame, other.conditioning.per_frame)
            assert torch.equal(one.conditioning.global_, other.conditioning.global_)
            assert torch.equal(one.missing, other.missing)
            assert one.techniques == other.techniques
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_error_of_the_source_is_raised_at_its_turn():
    for workers in (0, 2):
        with closing(load_batches(Slow(damaged=3), range(6), 4, workers=workers)) as batches:
            assert len([next(batches) for _ in range(3)]) == 3
            with pytest.raises(FormatError, match=r"^pair 3 is damaged$"):
                next(batches)


def test_closing_ends_the_workers():
    others = set(multiprocessing.active_children())
    batches = load_batches(Slow(), range(1000), 4, workers=2)
    next(batches)
    started = set(multiprocessing.active_children()) - others
    assert len(started) == 2
    batches.close()
    for process in started:
        process.join(timeout=10)
        assert not process.is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_does_not_end_a_worker_at_once(number, monkeypatch):
    # A machine that stalls longer than the usual grace must not end the worker in between.
    monkeypatch.setattr(loader, "_GRACE_SECONDS", 600)
    others = set(multiprocessing.active_children())
    with closing(load_batches(Slow(), range(12), 4, workers=1)) as batches:
        next(batches)
        (process,) = set(multiprocessing.active_children()) - others
        os.kill(process.pid, number)
        assert len(list(batches)) == 11


def test_a_killed_worker_is_a_clear_error():
    with closing(load_batches(Slow(deadly=4), range(100), 4, workers=2)) as batches:
        with pytest.raises(RuntimeError) as caught:
            list(batches)
        assert "was killed (DataLoader worker" in worker_death(caught.value)
        assert "use fewer (--loader-workers)" in worker_death(caught.value)
    assert worker_death(RuntimeError("shapes differ")) == ""
    assert worker_death(ValueError("DataLoader worker")) == ""
