"""The example that compares techniques, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from djtrans import TrackSpec, save_stems, synthesize, write_audio

ROOT = Path(__file__).resolve().parents[2]
STRUCTURE = (("intro", 8), ("drop", 8), ("outro", 8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    for name, bpm in (("a", 172.0), ("b", 170.0)):
        spec = TrackSpec(bpm=bpm, seed=5, structure=STRUCTURE, sample_rate_hz=22050)
        track = synthesize(spec)
        write_audio(folder / f"{name}.wav", track.audio, 22050)
        save_stems(track.stems, folder / name)
    return folder


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, ROOT / "examples" / "compare_techniques.py", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


@pytest.mark.slow
def test_it_prints_a_column_for_each_technique(folder):
    stems = ("--stems-a", "a", "--stems-b", "b")
    done = run(folder, "a.wav", "b.wav", "linear-fade", "cut", "--bars", "4", *stems)
    assert done.returncode == 0, done.stderr
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in done.stdout.splitlines()]
    table = {row[0]: row[1:] for row in rows}
    assert table[""] == ["djtrans/linear-fade", "djtrans/cut"]
    assert table["bars"] == ["4", "2"]
    # Lower by 3 dB in the middle, or not faded at all.
    fade, cut = map(float, table["loudness_dip_lu (LU)"])
    assert fade > cut
    assert len((ROOT / "examples" / "compare_techniques.py").read_text().splitlines()) < 60


def test_a_mistake_is_one_line(run_script, folder, monkeypatch):
    monkeypatch.chdir(folder)
    done = run_script(ROOT / "examples/compare_techniques.py", "a.wav", "b.wav", "bass-swop")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("Did you mean 'bass-swap'?")
    assert "Traceback" not in done.stderr
