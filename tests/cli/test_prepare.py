"""End-to-end tests of ``djtrans prepare``."""

from __future__ import annotations

import json

import pytest

import djtrans
from djtrans.cli import main

RATE = 22050


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["prepare", *map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


@pytest.fixture
def library(tmp_path):
    for i, bpm in enumerate((168.0, 170.0)):
        spec = djtrans.TrackSpec(
            bpm=bpm,
            seed=i + 1,
            structure=(("intro", 4), ("drop", 8), ("outro", 4)),
            sample_rate_hz=RATE,
        )
        crate = tmp_path / "library" / "crate"
        crate.mkdir(parents=True, exist_ok=True)
        djtrans.write_audio(crate / f"{i}.wav", djtrans.synthesize(spec).audio, RATE)
    (tmp_path / "library" / "bad.flac").write_text("no music")
    return tmp_path / "library"


def test_a_library_becomes_a_folder_of_pairs(run, library, tmp_path):
    asked = ("--tracks", library, "--max", 1, "--separator", "spectral", "--technique", "cut")
    code, out, err = run(*asked)
    assert code == 0, err
    assert out == "1 pair in processed: 1 file skipped, 0 pairs failed, 0 without a transition\n"
    lines = err.splitlines()
    assert "djtrans: 0 of 3 tracks" in lines
    assert any(
        line.startswith("djtrans: 3 of 3 tracks, 1 unusable") and line.endswith("a minute")
        for line in lines
    )
    assert any(line.startswith("djtrans: 1 of 1 pairs, ") for line in lines)
    assert any(line.startswith("djtrans: error: bad.flac is skipped: ") for line in lines)
    assert (tmp_path / "processed" / "pair_001" / "track_b_stems" / "vocals.wav").is_file()

    code, out_json, err = run(*asked, "--json")
    assert (code, err) == (0, "")
    report = json.loads(out_json)
    assert (report["pairs"], report["failed"]) == (["pair_001"], [])
    (bad,) = report["skipped"]
    assert bad["name"] == "bad.flac"
    assert "is not audio" in bad["reason"]

    again = run(*asked, "--quiet")
    assert again[:2] == (0, out)
    assert [line.partition(":")[2][:20] for line in again[2].splitlines()] == [
        " error: bad.flac is "
    ]


def test_what_is_missing_is_shown(run):
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "djtrans prepare --tracks ~/Music/DJ_Library --output processed" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--tracks", "none"), "none is no folder; give one with audio files."),
        (("--tracks", ".", "--bars", "7"), "bars = 7"),
        (("--tracks", ".", "--workers", "0"), "workers = 0 is not allowed"),
        (("--tracks", ".", "--workers", "2", "--dask", "tcp://x:1"), "a cluster has its own"),
        (("--tracks", ".", "--separator", "nothing"), "nothing"),
    ],
)
def test_wrong_requests_are_one_line(run, arguments, match):
    code, _, err = run(*arguments)
    assert code == 2
    assert match in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tracks", "a", "--transitions", "b"), "once for each"),
        (("--transitions", "b", "--technique", "cut"), "--technique is for --tracks"),
        (("--tracks", "a", "--error-limit", "-9"), "--error-limit is for --transitions"),
        (("--transitions", "nowhere"), "'djtrans extract' wrote"),
    ],
)
def test_options_of_the_other_input_are_rejected(run, arguments, said):
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err
