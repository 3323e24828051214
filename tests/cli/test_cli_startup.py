"""Startup of commands that only list things is fast, in CPU time."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

LIMIT_SECONDS = 0.5
#: The first run on a machine writes byte code, and a busy machine makes CPU time longer.
ATTEMPTS = 10


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(
    "arguments", [["--help"], ["plugins"], ["plugins", "show", "reverb"], ["layout"]]
)
def test_it_takes_less_than_half_a_second(arguments):
    taken = []
    while len(taken) < ATTEMPTS and not (taken and min(taken) < LIMIT_SECONDS):
        before = children_seconds()
        command = [sys.executable, "-m", "djtrans.cli", *arguments]
        subprocess.run(command, check=True, capture_output=True)
        taken.append(children_seconds() - before)
    assert min(taken) < LIMIT_SECONDS, taken
