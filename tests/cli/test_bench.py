"""``djtrans bench``: arguments, and a run from files to tables."""

from __future__ import annotations

import sys

import pytest

import djtrans
from djtrans.cli import main
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["bench", *map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        (["gtzan"], "'gtzan' is not of the form DATASET=FOLDER"),
        (["gtzan=a", "gtzan=b"], "'gtzan' is given twice"),
        (["gtzn=."], "Did you mean 'gtzan'?"),
        (["gtzan=missing"], "missing is not a folder"),
        (["pairs=missing.csv", "--techniques", "fade"], "Cannot read missing.csv"),
        (["pairs=pairs.csv", "--models", "missing.pt"], "missing.pt"),
        (["--techniques", "fade"], "Give a dataset, as gtzan=data/gtzan, or --mixers"),
        (["--mixers", "dj5"], "Did you mean"),
    ],
)
def test_wrong_arguments_are_one_line(run, tmp_path, datasets, message):
    pytest.importorskip("mir_eval")
    code, _, err = run(*datasets, "--output", tmp_path / "out")
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_missing_mir_eval_is_reported_before_the_work(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mir_eval", None)
    code, _, err = run("gtzan=missing", "--output", tmp_path / "out")
    assert code == 2
    assert "pip install 'djtrans[bench]'" in err


@pytest.mark.usefixtures("warm_cache")
def test_a_synthesized_track_is_analyzed_and_scored(run, tmp_path):
    pytest.importorskip("mir_eval")
    spec = TrackSpec(bpm=172.0, seed=3, structure=(("intro", 8), ("drop", 12)), sample_rate_hz=RATE)
    folder = tmp_path / "tracks"
    folder.mkdir()
    djtrans.write_audio(folder / "a.wav", synthesize(spec).audio, RATE)
    (folder / "annotations.csv").write_text("file,bpm\na.wav,172\n")
    arguments = (f"annotated={folder}", "--analyzers", "default", "--output", tmp_path / "out")
    code, out, err = run(*arguments)
    assert code == 0
    assert "| tempo Acc1 | 1 | 1.000 |" in out
    assert "wrote" in err
    assert (tmp_path / "out/bench.png").stat().st_size > 5000
