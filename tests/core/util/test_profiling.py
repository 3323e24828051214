"""Trees of times, measured with a clock that only moves when it is told to."""

from __future__ import annotations

import contextvars
import threading

import pytest

from djtrans.core.util.profiling import TimedStep, profile, profile_lines, timed


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_nested_steps_add_up_and_name_everything():
    clock = Clock()
    with profile("whole", clock) as whole:
        clock.now += 0.5
        for _ in range(2):
            with timed("load", clock):
                with timed("decode", clock):
                    clock.now += 2.0
                with timed("hash", clock):
                    clock.now += 1.0
        with timed("write", clock):
            clock.now += 0.25
    assert profile_lines(whole) == [
        "    6.75 s  whole",
        "    6.00 s    load",
        "    4.00 s      decode",
        "    2.00 s      hash",
        "    0.25 s    write",
        "    0.50 s    (itself)",
    ]


def test_without_a_profile_around_it_a_step_only_runs():
    with timed("alone"):
        done = True
    assert done
    with profile("whole") as whole:
        pass
    assert whole.steps == {}


def fail_after_a_second(clock):
    with timed("fails", clock):
        clock.now += 1.0
        raise ValueError("no")


def test_a_step_that_fails_is_measured_and_the_next_one_is_beside_it():
    clock = Clock()
    with profile("whole", clock) as whole:
        with pytest.raises(ValueError, match="no"):
            fail_after_a_second(clock)
        with timed("next", clock):
            clock.now += 2.0
    assert {name: step.seconds for name, step in whole.steps.items()} == {"fails": 1.0, "next": 2.0}


def test_steps_of_a_thread_with_the_context_are_in_the_step_that_started_it():
    with profile("whole") as whole, timed("both"):
        context = contextvars.copy_context()

        def work():
            with timed("B"):
                pass

        thread = threading.Thread(target=context.run, args=(work,))
        thread.start()
        thread.join()
    assert list(whole.steps["both"].steps) == ["B"]


def test_steps_at_the_same_time_are_marked_and_leave_no_rest():
    whole = TimedStep("analyze", 2.0)
    whole.step("A").add(1.9)
    whole.step("B").add(1.8)
    assert profile_lines(whole)[0] == "    2.00 s  analyze (at the same time:)"
    assert len(profile_lines(whole)) == 3
