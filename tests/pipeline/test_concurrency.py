"""Both tracks at once: overlap in time, order of errors, progress."""

from __future__ import annotations

import threading

import pytest
import torch

from djtrans.core.transition.pair import Pair
from djtrans.core.util.profiling import profile, timed
from djtrans.pipeline.concurrency import run_pair


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def ignore(fraction):
    pass


def test_the_results_are_those_of_a_sequence(threads):
    made = run_pair(lambda x, progress: (x, x + 1), Pair(1, 5), ignore, concurrent=True)
    assert made == Pair((1, 2), (5, 6))


@pytest.mark.parametrize("concurrent", [False, True])
def test_both_run_at_once_only_where_that_is_allowed(threads, concurrent):
    barrier = threading.Barrier(2)

    def meet(_, progress):
        try:
            barrier.wait(timeout=5.0 if concurrent and threads == 2 else 0.01)
        except threading.BrokenBarrierError:
            return False
        return True

    met = run_pair(meet, Pair(0, 1), ignore, concurrent=concurrent)
    assert tuple(met) == (concurrent and threads == 2,) * 2


def test_the_progress_covers_both_and_never_falls(threads):
    seen = []

    def work(_, progress):
        for step in range(5):
            progress((step + 1) / 5)

    run_pair(work, Pair(0, 1), seen.append, concurrent=True)
    assert len(seen) == 10
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(("failing", "raised"), [("a", "a"), ("b", "b"), ("ab", "a")])
def test_the_error_of_a_comes_first(threads, failing, raised):
    def work(name, progress):
        if name in failing:
            raise ValueError(name)

    with pytest.raises(ValueError, match=f"^{raised}$"):
        run_pair(work, Pair("a", "b"), ignore, concurrent=True)


def test_a_failure_waits_for_the_other_track():
    finished = threading.Event()
    failed = threading.Event()

    def work(name, progress):
        if name == "a":
            failed.set()
            raise ValueError(name)
        failed.wait(5.0)
        finished.set()

    with pytest.raises(ValueError, match="a"):
        run_pair(work, Pair("a", "b"), ignore, concurrent=torch.get_num_threads() > 1)
    assert finished.is_set() == (torch.get_num_threads() > 1)


@pytest.mark.parametrize("concurrent", [False, True])
def test_both_are_steps_of_a_profile(threads, concurrent):
    with profile("whole") as whole, timed("analyze"):
        run_pair(lambda x, progress: x, Pair(1, 2), ignore, concurrent=concurrent)
    assert list(whole.steps["analyze"].steps) == ["A", "B"]
