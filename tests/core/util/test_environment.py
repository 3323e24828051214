"""Environment variables that are set for a while."""

from __future__ import annotations

import os

import pytest

from djtrans.core.util.environment import environment


def test_variables_are_restored_after_an_error(monkeypatch):
    monkeypatch.setenv("DJTRANS_A", "before")
    seen = []

    def fail():
        with environment({"DJTRANS_A": "1", "DJTRANS_B": "2"}):
            seen.append((os.environ["DJTRANS_A"], os.environ["DJTRANS_B"]))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen == [("1", "2")]
    assert os.environ["DJTRANS_A"] == "before"
    assert "DJTRANS_B" not in os.environ
