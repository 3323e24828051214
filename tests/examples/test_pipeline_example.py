"""The pipeline composed by hand, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import djtrans
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.pipeline.provenance import rebuild_mixer
from djtrans.registry import default_registry

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "examples" / "pipeline.py"
RATE = 22050


@pytest.fixture
def library(tmp_path):
    """Two tracks in two folders, one of them in another octave, and a broken file."""
    folder = tmp_path / "library"
    for i, bpm in enumerate((168.0, 85.0)):
        spec = djtrans.TrackSpec(
            bpm=bpm,
            seed=i + 1,
            structure=(("intro", 4), ("drop", 8), ("outro", 4)),
            sample_rate_hz=RATE,
        )
        (folder / f"{i}").mkdir(parents=True)
        djtrans.write_audio(folder / f"{i}" / f"track{i}.wav", djtrans.synthesize(spec).audio, RATE)
    (folder / "broken.mp3").write_text("no music")
    return folder


@pytest.mark.slow
def test_pairs_are_made_once_and_their_stems_give_the_transition(library, tmp_path):
    asked = ("--tracks", library, "--output", "out", "--max", "1", "--separator", "spectral")

    def run():
        return subprocess.run(
            [sys.executable, FILE, *asked],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
        )

    first = run()
    assert first.stderr.startswith("pipeline.py: broken.mp3 is left out: ")
    assert first.stdout.startswith("out/pair_001  track")
    pair = read_pair(tmp_path / "out" / "pair_001")
    assert {pair.track_a.name, pair.track_b.name} == {"track0.wav", "track1.wav"}
    mixer = rebuild_mixer(pair.content.provenance.mixer, pair.params, default_registry())
    again = mixer(pair.stems_a, pair.stems_b, pair.params, seed=1).mix
    assert float(pair.mix.abs().max()) > 0.1
    assert float((again - pair.mix).abs().max()) < 2e-6
    assert run().stdout == ""


def test_the_example_is_short():
    assert len(FILE.read_text("utf-8").splitlines()) < 100
