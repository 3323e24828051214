"""End-to-end tests of ``djtrans export-as``."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest

from djtrans.cli import main
from djtrans.core.transition.params_file import save_params
from djtrans.testing import example_export


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_params("t.json", example_export(tmp_path, ()).content)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["export-as", *arguments])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def test_a_table_and_a_cue_sheet_need_no_tracks(run, tmp_path):
    code, out, err = run("csv", "t.json", "-o", "t.csv")
    assert (code, err) == (0, "")
    assert out == "wrote t.csv\n"
    with open("t.csv", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 32
    code, out, _ = run("cue", "t.json", "-o", "t.cue", "--set", "audio=mix.flac", "--set", "at=end")
    assert code == 0
    assert out.splitlines()[0] == "wrote t.cue"
    assert "refers to mix.flac" in out
    assert (tmp_path / "t.cue").read_text().count("INDEX 01") == 2


def test_quiet_prints_nothing(run):
    assert run("csv", "t.json", "-o", "t.csv", "--quiet") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("vhs", "t.json", "-o", "x"), "There is no exporter 'vhs'"),
        (("csv", "t.json", "a.wav", "-o", "x.csv"), "Track A is given without track B"),
        (("csv", "t.json"), "Missing option '-o'"),
        (("csv", "t.json", "-o", "x.csv", "--set", "width=3"), "width"),
        (("midi", "t.json", "-o", "t.json"), "end the name in .mid"),
        (("stems", "t.json", "-o", "x"), "needs the two tracks"),
        (("csv", "none.json", "-o", "x.csv"), "none.json"),
    ],
)
def test_errors_are_one_line(run, tmp_path, arguments, match):
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert match in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("stem", "t.json", "-o", "x"),
        ("stems", "t.json", "-o", "x"),
        ("csv", "t.json", "-o", "x.wav"),
        ("cue", "t.json", "-o", "x.cue", "--set", "at=now"),
    ],
)
def test_options_are_checked_without_torch(tmp_path, arguments):
    """A module that cannot be imported is no error of the user, and would be a traceback."""
    script = (
        "import sys; sys.modules['torch'] = None; "
        f"from djtrans.cli import main; main(['export-as', *{arguments!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("djtrans: error: ")
