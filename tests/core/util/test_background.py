"""Functions that run in a thread beside the caller."""

from __future__ import annotations

import contextvars
import threading

import pytest
import torch

from djtrans.core.util.background import in_background, may_run_beside

_VALUE: contextvars.ContextVar[int] = contextvars.ContextVar("value", default=0)


def test_the_caller_goes_on_and_gets_the_result_as_often_as_it_asks():
    go = threading.Event()
    result = in_background(lambda: go.wait(10) and 42)
    go.set()
    assert (result(), result()) == (42, 42)


def test_the_context_is_that_of_the_caller():
    token = _VALUE.set(5)
    try:
        assert in_background(_VALUE.get)() == 5
    finally:
        _VALUE.reset(token)


def test_an_error_is_raised_where_the_result_is_taken():
    result = in_background(lambda: 1 // 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            result()


@pytest.mark.parametrize(("threads", "may"), [(1, False), (2, True)])
def test_a_second_thread_is_of_use_where_torch_uses_one(threads, may):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert may_run_beside() is may
    finally:
        torch.set_num_threads(before)
