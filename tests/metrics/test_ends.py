"""Leaks of known level around a window."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.ends import ends

RATE = 22050
CLOCK = 1.0 + 0.5 * np.arange(9)
TIME = np.arange(int(6 * RATE)) / RATE
RNG = np.random.default_rng(0)
A, B = 0.1 * RNG.standard_normal((2, 1, len(TIME)))


def fade(leak_b: float = 0.0, leak_a: float = 0.0):
    part = np.clip((TIME - 1.0) / 4.0, 0, 1)
    return A * np.maximum(1 - part, leak_a), B * np.maximum(part, leak_b)


def test_a_whole_fade_reaches_both_ends():
    found = ends(*fade(), A, B, RATE, CLOCK)
    assert max(found.start_error_a_db, found.start_leak_b_db) == -120.0
    assert max(found.stop_leak_a_db, found.stop_error_b_db) == -120.0


@pytest.mark.parametrize("db", [-20.0, -40.0, -80.0])
def test_a_leak_reads_as_loud_as_it_is(db):
    gain = 10 ** (db / 20)
    found = ends(*fade(leak_b=gain, leak_a=gain), A, B, RATE, CLOCK)
    assert found.start_leak_b_db == pytest.approx(db, abs=0.01)
    assert found.stop_leak_a_db == pytest.approx(db, abs=0.01)


def test_a_track_that_is_not_itself_shows():
    a, b = fade()
    found = ends(0.9 * a, 1.1 * b, A, B, RATE, CLOCK)
    assert found.start_error_a_db == pytest.approx(-20.0, abs=0.01)
    assert found.stop_error_b_db == pytest.approx(-20.0, abs=0.01)


def test_without_context_nothing_is_said():
    found = ends(*(x[:, RATE : 5 * RATE] for x in (*fade(), A, B)), RATE, CLOCK - 1.0)
    assert (found.start_leak_b_db, found.stop_error_b_db) == (None, None)
