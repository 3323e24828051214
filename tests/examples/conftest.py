"""Examples are run in the process of the tests: importing what they import takes seconds."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from djtrans.registry import default_registry


@pytest.fixture
def run_script(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., CompletedProcess[str]]]:
    """Run a script as ``python SCRIPT ARGUMENT...`` does, with a default registry of its own."""

    def run(script: Path, *arguments: object) -> CompletedProcess[str]:
        default_registry.cache_clear()
        words = [str(script), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", words)
        monkeypatch.syspath_prepend(script.parent)
        capfd.readouterr()
        code = 0
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as exit_:
            code = exit_.code or 0
        return CompletedProcess(words, code, *capfd.readouterr())

    yield run
    default_registry.cache_clear()
