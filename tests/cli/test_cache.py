"""End-to-end tests of ``djtrans cache``."""

from __future__ import annotations

import json

import pytest

from djtrans.cli import main
from djtrans.core.util.cache import cache_key, default_cache


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        assert exit_.value.code == 0
        return capsys.readouterr().out

    return call


def test_info_tells_what_clear_removes(run, cache_folder):
    assert run("cache", "info").splitlines()[0] == f"{cache_folder} (at most 10.0 GB)"
    for kind, size in (("analyses", 2_000), ("stems", 3_500_000)):
        default_cache().store(kind, cache_key(n=1), bytes(size))
    lines = [line.split() for line in run("cache", "info").splitlines()[1:]]
    assert lines == [
        ["analyses", "1", "2.0", "kB"],
        ["stems", "1", "3.5", "MB"],
        ["total", "2", "3.5", "MB"],
    ]
    known = json.loads(run("cache", "info", "--json"))
    assert known["kinds"]["stems"] == {"entries": 1, "bytes": 3_500_040}
    assert run("cache", "clear", "stems") == "removed 1 entries of stems (3.5 MB)\n"
    assert run("cache", "clear") == "removed 1 entries (2.0 kB)\n"
    assert json.loads(run("cache", "info", "--json"))["kinds"] == {}
