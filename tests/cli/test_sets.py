"""``djtrans set``: options, progress, summary and JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from djtrans.cli import cli, main
from tests.helpers.sets import write_track

pytestmark = pytest.mark.usefixtures("warm_cache")


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    return [str(write_track(folder / f"{i}.wav", 174.0, i, (4, 8, 4))) for i in (1, 2)]


@pytest.fixture
def run(capsys):
    def call(*arguments):
        base = ["set", "--separator", "spectral", "--model", "none", "--gap-at", "1"]
        with pytest.raises(SystemExit) as exit_:
            main([*base, "--gap", "cut", *arguments])
        out, err = capsys.readouterr()
        assert exit_.value.code == 0, err
        return out, err

    return call


def test_a_set_is_described(run, songs, tmp_path):
    out, err = run(*songs, "-o", str(tmp_path / "mix.wav"), "--keep-order")
    lines = out.splitlines()
    assert "0:00  1.wav" in lines[0]
    assert lines[1].strip() == "cut: as requested"
    assert "true peak" in lines[3]
    suffixes = ("wav", "cue", "txt", "m3u8", "html")
    assert lines[4:] == [f"wrote {tmp_path / 'mix'}.{suffix}" for suffix in suffixes]
    assert "2 of 2 tracks" in err


def test_the_result_as_json(run, songs, tmp_path):
    output = tmp_path / "mix.flac"
    out, _ = run(*songs, "-o", str(output), "--last", "1.wav", "--json")
    report = json.loads(out)
    assert report["audio"] == str(output)
    assert [track["label"] for track in report["tracks"]] == ["2.wav", "1.wav"]
    assert report["boundaries"][0]["gap"]["fade_seconds"] == 0.0
    assert report["tracks"][1]["starts"] == pytest.approx(report["tracks"][0]["ends"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such.wav", "-o", "mix.wav"], "1 of 1 tracks does not exist"),
        (["no-such.wav"], "Missing option '-o'"),
        (["x.wav", "-o", "m.wav", "--arc", "up"], "choose peak, rise, flat"),
        (["x.wav", "-o", "m.wav", "--dask", "tcp://x:1", "--workers", "2"], "its own workers"),
    ],
)
def test_errors_are_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["set", *arguments])
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_the_page_names_every_option():
    page = (Path(__file__).resolve().parents[2] / "docs" / "sets.md").read_text(encoding="utf-8")
    table = page.partition("| option of `djtrans set` |")[2].partition("\n\n")[0]
    said = {
        name
        for line in table.splitlines()[2:]
        for name in re.findall(r"`(--?[a-z-]+)`", line.split("|")[1])
    }
    known = cli.get_command(click.Context(cli), "set")
    options = {name for p in known.params for name in p.opts if name.startswith("-")}
    assert said == options - {"-v", "--verbose"}  # of every command
