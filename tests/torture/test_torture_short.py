"""A sample of the cases of fault injection that ``make torture`` runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="uses /proc and forks")
def test_no_case_of_the_sample_is_a_fault(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "torture", "--cases", "short", "--out", tmp_path],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(results) >= 20
    assert "No faults." in (tmp_path / "report.md").read_text(encoding="utf-8")
