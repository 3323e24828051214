"""A sample of the cases of fault injection that ``make torture`` runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="uses /proc and forks")
@pytest.mark.parametrize("cases", [6, pytest.param(22, marks=pytest.mark.slow)])
def test_no_case_of_the_sample_is_a_fault(cases, tmp_path):
    arguments = ["--cases", "short", "--limit", str(cases), "--out", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "torture", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(results) == cases
    assert "No faults." in (tmp_path / "report.md").read_text(encoding="utf-8")
