"""``djtrans generate --pairs``: a table of pairs in one process, one failure beside the others."""

from __future__ import annotations

import pytest

import djtrans
from djtrans.cli import main
from djtrans.core.transition.params_file import load_params
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050
FAST = ("--separator", "spectral", "--device", "cpu", "--model", "none", "--context", "0")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    structure = (("intro", 8), ("drop", 12))
    for seed, name in ((3, "a"), (4, "b")):
        spec = TrackSpec(bpm=128.0, seed=seed, structure=structure, sample_rate_hz=RATE)
        djtrans.write_audio(folder / f"{name}.wav", synthesize(spec).audio, RATE)
    return folder


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["generate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def write_table(pair, *lines):
    table = pair / "pairs.csv"
    table.write_text("\n".join(["a,b,name,technique", *lines]) + "\n")
    return table


@pytest.mark.slow
def test_each_pair_is_made_and_a_failure_is_reported_at_the_end(run, pair, tmp_path):
    broken = pair / "broken.wav"
    broken.write_bytes(b"no audio")
    table = write_table(pair, "broken.wav,b.wav,,", "a.wav,b.wav,second,cut", "b.wav,a.wav,,fade")
    code, out, err = run("--pairs", table, "-o", "out", *FAST)
    assert code == 2
    assert err.splitlines()[-2].startswith("djtrans: error: broken to b: ")
    assert err.splitlines()[-1] == "2 of 3 pairs were made"
    assert [line.split(",")[0] for line in out.splitlines()] == [
        "2 of 3  second: cut",
        "3 of 3  b to a: fade",
    ]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        *("b to a.json", "b to a.wav", "second.json", "second.wav"),
    ]
    assert load_params(tmp_path / "out" / "second.json").plan.technique == "djtrans/cut"
    # The files of an earlier run are replaced.
    table = write_table(pair, "a.wav,b.wav,second,fade")
    assert run("--pairs", table, "-o", "out", *FAST, "--quiet") == (0, "", "")
    assert load_params(tmp_path / "out" / "second.json").plan.technique == "djtrans/fade"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "out", "a.wav", "b.wav"), "A does not go with --pairs"),
        (("-o", "out", "--save-params", "p.json"), "--save-params does not go with --pairs"),
        ((), "writes into a folder"),
    ],
)
def test_what_does_not_go_with_a_table_is_refused(run, pair, arguments, message):
    table = write_table(pair, "a.wav,b.wav,x,")
    code, _, err = run("--pairs", table, *arguments)
    assert code == 2
    assert message in err


def test_tracks_and_files_of_others_are_not_replaced(run, pair, tmp_path):
    before = (pair / "a.wav").read_bytes()
    table = write_table(pair, "a.wav,b.wav,a,")
    code, _, err = run("--pairs", table, "-o", pair, *FAST)
    assert (code, (pair / "a.wav").read_bytes()) == (2, before)
    assert "would overwrite" in err
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x.wav").write_bytes(b"mine")
    code, _, err = run("--pairs", write_table(pair, "a.wav,b.wav,x,"), "-o", "out", *FAST)
    assert code == 2
    assert "was not written by djtrans" in err
    assert (tmp_path / "out" / "x.wav").read_bytes() == b"mine"
    code, _, err = run("--pairs", write_table(pair, "a.wav,b.wav,x/y,"), "-o", "out", *FAST)
    assert "without slashes" in err


def test_without_a_table_two_tracks_are_needed(run):
    code, _, err = run("a.wav", "-o", "x.wav")
    assert code == 2
    assert "Missing argument 'B'" in err
