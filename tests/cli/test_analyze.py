"""End-to-end tests of ``djtrans analyze``."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import pytest

import djtrans
from djtrans.cli import main
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    paths = []
    for name, bpm in (("a", 128.0), ("b", 122.0)):
        spec = TrackSpec(bpm=bpm, structure=(("intro", 8), ("drop", 8)), sample_rate_hz=RATE)
        paths.append(str(folder / f"{name}.wav"))
        djtrans.write_audio(paths[-1], synthesize(spec).audio, RATE)
    return paths


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["analyze", *arguments])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def test_a_table_of_analyses(run, files):
    code, out, _ = run(*files, "--quiet")
    header, *rows = out.splitlines()
    assert code == 0
    assert header.split()[:2] == ["file", "BPM"]
    text = " ".join(rows)
    for said in ("128.00", "122.00", "A minor 8A", "intro 0-8", "groove 8-16"):
        assert said in text


def test_json_is_one_object_whose_analyses_can_be_read_back(run, files):
    code, out, _ = run(*files, "--json", "--quiet")
    found = json.loads(out)
    assert code == 0
    assert list(found) == files
    assert found[files[1]]["grid"]["bpm"] == pytest.approx(122.0, rel=1e-4)
    assert found[files[0]]["key"]["camelot"] == "8A"


def test_a_folder_stands_for_the_audio_files_in_it(run, files, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.wav").write_bytes(b"not audio")
    (tmp_path / "b.txt").write_text("no audio")
    code, out, err = run(str(tmp_path), files[0], files[0], "--json", "--quiet")
    assert (code, list(json.loads(out))) == (2, [files[0]])
    assert str(tmp_path / "deep" / "a.wav") in err
    assert "b.txt" not in err
    (tmp_path / "deep" / "a.wav").unlink()
    code, _, err = run(str(tmp_path))
    assert (code, "holds no audio files" in err) == (2, True)


def test_tags_are_shown_and_not_trusted(run, files, tmp_path):
    audio, rate = djtrans.load_audio(files[0])
    tagged = tmp_path / "tagged.mp3"
    djtrans.write_audio(tagged, audio, rate, texts={"title": "Ke$ha\nNight", "artist": "Ada"})
    # Twice the tempo is the same beat; three quarters of it are not.
    frames = b"".join(
        name + struct.pack(">I", len(text) + 1) + b"\0\0\0" + text
        for name, text in ((b"TPE1", b"Ada"), (b"TIT2", b"Ke$ha"), (b"TBPM", b"96"))
    )
    id3 = b"ID3\3\0\0\0\0\0" + bytes([len(frames)]) + frames
    data = tagged.read_bytes()
    tagged.write_bytes(id3 + data[data.index(b"\xff\xfb") :])
    code, out, _ = run(str(tagged), "--quiet")
    assert code == 0
    assert f"tags of {tagged}: Ada - Ke$ha, 96 BPM" in out
    assert f"{tagged}: tagged 96 BPM, analyzed 128.0" in out
    code, out, _ = run(str(tagged), "--json", "--quiet")
    found = json.loads(out)[str(tagged)]
    assert found["tags"]["title"] == "Ke$ha"
    assert found["grid"]["bpm"] == pytest.approx(128.0, rel=1e-3)


def test_a_cut_file_does_not_take_down_the_others(run, files, tmp_path):
    cut = tmp_path / "cut.wav"
    with open(files[0], "rb") as whole:
        cut.write_bytes(whole.read(100_000))
    code, out, err = run(str(cut), files[0], "--json", "--quiet")
    assert code == 2
    assert list(json.loads(out)) == [files[0]]
    assert "incomplete: expected" in err
    assert len(err.splitlines()) == 1


def test_a_bad_file_is_one_line_and_the_others_are_analyzed(run, files, tmp_path):
    (tmp_path / "notes.txt").write_text("not music")
    absent = str(tmp_path / "absent.wav")
    code, out, err = run(str(tmp_path / "notes.txt"), absent, files[0], "--json", "--quiet")
    assert code == 2
    assert list(json.loads(out)) == [files[0]]
    lines = err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("djtrans: error: ") for line in lines)
    assert "notes.txt" in lines[0]
    assert absent in lines[1]


def test_the_cache_is_used_unless_it_is_not_wanted(run, files, monkeypatch):
    run(files[0], "--quiet")
    from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer

    calls = []
    analyze = ConstantGridAnalyzer.analyze
    monkeypatch.setattr(
        ConstantGridAnalyzer, "analyze", lambda self, *a: calls.append(a) or analyze(self, *a)
    )
    run(files[0], "--quiet")
    assert not calls
    run(files[0], "--quiet", "--no-cache")
    assert len(calls) == 1


@pytest.mark.slow
def test_the_analyzer_that_is_named_is_used(run, files):
    code, out, _ = run(files[0], "--analyzer", "librosa", "--json", "--quiet")
    assert code == 0
    # librosa's beats are whole frames of 512 samples at 22050 Hz.
    beats = json.loads(out)[files[0]]["grid"]["beat_times"]
    assert {round((b - a) * 22050 / 512, 3) % 1 for a, b in pairwise(beats[4:9])} == {0.0}


def test_a_missing_analyzer_is_reported_once(run, files):
    code, out, err = run(*files, "--analyzer", "constant-gird")
    assert (code, out) == (2, "")
    assert err.count("constant-grid") == 1
