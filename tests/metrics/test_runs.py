"""Runs of known lengths."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics.runs import longest_run_ms


@pytest.mark.parametrize(
    ("member", "windows"), [("", 0), ("...", 0), ("#..", 1), (".##.#", 2), ("##.###", 3)]
)
def test_the_longest_run_lasts_to_the_end_of_its_last_window(member, windows):
    found = longest_run_ms(np.array([c == "#" for c in member], dtype=bool), 10, 50, 1000)
    assert found == (0.0 if not windows else 10.0 * (windows - 1) + 50.0)
