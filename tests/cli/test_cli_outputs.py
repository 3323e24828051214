"""No command replaces an input or a file that it was not asked to; it fails before its work."""

from __future__ import annotations

import json
import os

import pytest
import torch

import djtrans
from djtrans.cli import main
from djtrans.plot import save_figure

RATE = 22050


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run in a folder with two tracks of noise, from which no transition would be made."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        djtrans.write_audio(f"{name}.wav", torch.rand(1, RATE) - 0.5, RATE)
    djtrans.write_audio("a96.wav", torch.rand(1, RATE) - 0.5, 96000)
    (tmp_path / "params.json").write_text("{}")
    (tmp_path / "stems").mkdir()
    djtrans.write_audio("stems/drums.wav", torch.zeros(1, RATE), RATE)
    (tmp_path / "soft.wav").symlink_to(tmp_path / "a.wav")
    os.link("b.wav", "hard.wav")
    (tmp_path / "photo.png").write_bytes(b"holiday")
    (tmp_path / "results.csv").write_text("date,price\n")
    (tmp_path / "metrics.csv").write_text("date,price\n")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "track_a.wav").write_bytes(b"mine")

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def contents(folder):
    return {
        path.relative_to(folder): (path.is_symlink(), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


GENERATE = ("generate", "a.wav", "b.wav")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((*GENERATE, "-o", "a.wav"), "is the file of track A, which it would overwrite"),
        ((*GENERATE, "-o", "./stems/../b.wav"), "is the file of track B"),
        ((*GENERATE, "-o", "soft.wav"), "is the file of track A"),
        ((*GENERATE, "-o", "hard.wav"), "is the file of track B"),
        ((*GENERATE, "-o", "x.wav", "--save-params", "x.wav"), "does not write .wav files"),
        ((*GENERATE, "-o", "x.wav", "--save-params", "b.wav"), "does not write .wav files"),
        (
            (*GENERATE, "-o", "x.wav", "--save-params", "photo.png"),
            "does not write .png files",
        ),
        (
            (*GENERATE, "-o", "stems/drums.wav", "--stems-a", "stems"),
            "is the file of --stems-a",
        ),
        ((*GENERATE, "-o", "photo.wav", "--visualize"), "photo.png exists and was not written by"),
        ((*GENERATE, "-o", "x.wav", "--save-params", "/dev/null"), "not a regular file"),
        (("generate", "a96.wav", "b.wav", "-o", "x.mp3"), "at 96000 Hz: .mp3 files have 8000,"),
        ((*GENERATE, "-o", "x.wav", "--seed", 2**70), "give an integer, 0 to 9223372036854775807"),
        ((*GENERATE, "-o", "x.wav", "--seed", "-1"), "--seed -1 is not allowed"),
        ((*GENERATE, "-o", "x.wav", "--duration", "nan"), "--duration nan is not allowed"),
        (
            ("render", "params.json", "a.wav", "b.wav", "-o", "b.wav"),
            "is the file of track B",
        ),
        (("render", "a.wav", "a.wav", "b.wav", "-o", "a.wav"), "is the file of the params file"),
        (("visualize", "params.json", "--summary", "params.json"), "does not write .json files"),
        (
            ("visualize", "photo.png", "-o", "photo.png"),
            "is the file of PARAMS, which it would overwrite",
        ),
        (
            ("fit", "a.wav", "a.wav", "b.wav", "-o", "x.json", "--audio", "a.wav"),
            "is the file of MIX",
        ),
        (
            ("fit", "a.wav", "a.wav", "b.wav", "-o", "x.json", "--report", "x.json"),
            "name the same file",
        ),
        (
            ("fit", "a96.wav", "a.wav", "b.wav", "-o", "x.json", "--audio", "x.mp3"),
            "at 96000 Hz",
        ),
        (("export", "x.safetensors", "-o", "./x.safetensors"), "is the file of the checkpoint"),
        (("demo", "--out", "taken"), "track_a.wav exists and was not written by djtrans"),
        (("demo", "--out", "x", "--seed", "-1"), "seed"),
        (("demo", "--out", "a.wav/x"), "Cannot create the folder a.wav/x"),
        (("prepare", "--tracks", ".", "--output", "."), "is the folder of the tracks"),
        (("prepare", "--tracks", ".", "--output", "a.wav/x"), "a.wav is not a folder"),
        (("prepare", "--transitions", ".", "--output", "."), "is the folder of the transitions"),
        (("extract", "--mixes", ".", "--tracklists", "stems", "--output", "."), "of the mixes"),
        (("evaluate", "--all-pairs", ".", "--output", "."), "results.csv exists and was not"),
        (("evaluate", "--all-pairs", "stems", "--output", "stems"), "is the folder of --all-pairs"),
        (("collect", "x.cue", "--output", "a.wav"), "a.wav is not a folder"),
        (("train", "--data", "none", "--output", "."), "metrics.csv exists and was not written"),
    ],
)
def test_it_fails_in_one_line_and_leaves_all_as_it_was(run, tmp_path, arguments, match):
    before = contents(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("djtrans: error: ")
    assert err.count("\n") == 1
    assert match in err
    assert contents(tmp_path) == before


def test_a_picture_of_djtrans_may_be_replaced(tmp_path):
    from matplotlib.figure import Figure

    from djtrans.plot.save import is_own_picture

    save_figure(Figure(), tmp_path / "own.png")
    assert is_own_picture(tmp_path / "own.png")
    Figure().savefig(tmp_path / "other.png")
    assert not is_own_picture(tmp_path / "other.png")
    (tmp_path / "empty.png").write_bytes(b"")
    assert not is_own_picture(tmp_path / "empty.png")


def test_params_are_written_although_the_audio_cannot_be(tmp_path, monkeypatch):
    from djtrans.cli.transition_files import write_transition
    from djtrans.core.errors import AudioFileError

    class Transition:
        """One whose audio does not fit on the disk."""

        def save(self, path):
            raise AudioFileError(f"Cannot write {path}: No space left on device.")

        def save_params(self, path):
            (tmp_path / path).write_text(json.dumps({}))

    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudioFileError, match=r"x\.wav: No space left on device\. Written: p\.json"):
        write_transition(Transition(), "x.wav", "p.json", False)
    assert os.listdir(tmp_path) == ["p.json"]
