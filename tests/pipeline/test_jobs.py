"""Jobs against what their units give, in this process and in threads that finish in any order."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from djtrans.core.util.progress import Progress
from djtrans.pipeline import jobs
from djtrans.pipeline.jobs import Job


def in_process():
    return nullcontext()


def in_threads():
    return ThreadPoolExecutor(3)


WHERE = pytest.mark.parametrize("where", [in_process, in_threads])


def slow_square(x: int) -> int:
    time.sleep(0.01 * (5 - x))  # the first is the last to finish
    return x * x


def keys(n):
    return [str(x) for x in range(n)]


@WHERE
def test_results_are_in_the_order_of_the_units(where):
    events = []
    with where() as executor:
        found = Job(stage="squares", keys=keys(5), progress=events.append).run_each(
            slow_square, range(5), executor
        )
    assert found == [0, 1, 4, 9, 16]
    assert [event.done for event in events] == [0, 1, 2, 3, 4, 5]
    assert {(event.stage, event.total, event.message) for event in events} == {("squares", 5, "")}


@WHERE
def test_known_results_are_not_computed_again(where):
    done, events = [], []

    def work(x):
        done.append(x)
        return x * x

    job = Job(stage="squares", keys=keys(4), known={"1": 1, "3": 9}, progress=events.append)
    with where() as executor:
        assert job.run_each(work, range(4), executor) == [0, 1, 4, 9]
    assert sorted(done) == [0, 2]
    assert [event.done for event in events] == [2, 3, 4]
    assert events[0] == Progress(
        "squares", 2, 4, "2 from an earlier run", {"resumed": 2, "failed": 0}
    )


def test_resumed_units_are_read_and_counted_once():
    events = []
    job = Job(stage="squares", keys=keys(3), resumed={"0", "2"}, progress=events.append)
    assert job.run_each(slow_square, range(3)) == [0, 1, 4]
    assert [event.done for event in events] == [2, 2, 3, 3]


@WHERE
def test_failures_are_results_and_are_counted(where):
    events = []
    job = Job(
        stage="squares",
        keys=keys(3),
        known={"0": -1},
        is_failure=lambda result: result < 0,
        failing="not square",
        progress=events.append,
    )
    with where() as executor:
        assert job.run_each(lambda x: -x, range(3), executor) == [-1, -1, -2]
    assert events[0].message == "1 from an earlier run, 1 not square"
    assert events[-1].message == "1 from an earlier run, 3 not square"
    assert events[-1].metrics == {"resumed": 1, "failed": 3}


@WHERE
@pytest.mark.parametrize("error", [ZeroDivisionError, TimeoutError])
def test_an_error_ends_the_job(where, error):
    def work(x):
        raise error(x)

    with where() as executor, pytest.raises(error):
        Job(stage="squares", keys=keys(3)).run_each(work, range(3), executor)


def test_units_of_a_long_task_are_counted_while_it_runs(monkeypatch):
    monkeypatch.setattr(jobs, "_POLL_SECONDS", 0.01)
    there, events = {}, []

    def work(task):
        for key in task:
            there[key] = key.upper()
            yield key, there[key]
            wait_until(lambda: any(event.done == len(there) for event in events))

    job = Job(stage="letters", keys=["a", "b"], progress=events.append)
    with ThreadPoolExecutor(1) as executor:
        assert job.run(work, [("a", "b")], executor, read=there.get) == ["A", "B"]
    assert [event.done for event in events] == [0, 1, 2]


def wait_until(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_callback_that_raises_cancels_what_has_not_begun():
    begun = []

    def work(x):
        begun.append(x)
        time.sleep(0.05)
        return x

    def stop(event):
        if event.done:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        Job(stage="squares", keys=keys(20), progress=stop).run_each(work, range(20), executor)
    assert len(begun) <= 3
