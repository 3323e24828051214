"""End-to-end tests of ``djtrans generate`` and ``render``: output, and errors on one line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

import djtrans
from djtrans.cli import main
from djtrans.core.transition.params_file import load_params
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    paths = []
    for name, bpm in (("a", 128.0), ("b", 130.0)):
        spec = TrackSpec(
            bpm=bpm, seed=3, structure=(("intro", 8), ("drop", 12)), sample_rate_hz=RATE
        )
        paths.append(str(folder / f"{name}.wav"))
        djtrans.write_audio(paths[-1], synthesize(spec).audio, RATE)
    return paths


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


@pytest.mark.slow
def test_a_params_file_is_refined_and_varied(run, pair, tmp_path):
    base = ("--context", "0", "--device", "cpu", "--separator", "spectral")
    code, *_ = run(
        *("generate", *pair, "-o", "out.wav", "--technique", "fade", "--bars", "4"),
        *("--model", "none", "--save-params", "p.json", *base),
    )
    assert code == 0
    code, out, err = run(
        *("render", "p.json", *pair, "-o", "refined.wav", "--refine", "powers"),
        *("--save-params", "refined.json", "--device", "cpu"),
    )
    assert (code, out.splitlines()[1:]) == (0, ["wrote refined.json", "wrote refined.wav"]), err
    use = load_params(tmp_path / "refined.json").provenance.refinement
    line = out.splitlines()[0]
    assert line == f"refined      {f'by {use.level}s: ' if use.accepted else 'no, '}{use.reason}"
    code, out, err = run(
        *("generate", *pair, "-o", "varied.wav", "--vary", "p.json", "--strength", "0.2", *base)
    )
    assert code == 0, err
    assert "sampled      varied with strength 0.2 (seed 0)" in out
    code, _, err = run("generate", *pair, "-o", "x.wav", "--vary", "varied.wav", *base)
    assert code == 2
    assert "varied.wav" in err.splitlines()[-1]


@pytest.mark.slow
def test_generate_then_render_gives_the_same_file(run, pair, tmp_path):
    code, out, _ = run(
        "generate",
        *pair,
        "-o",
        "out.wav",
        "--technique",
        "fade",
        "--duration",
        "14",
        "--context",
        "2s",
        "--save-params",
        "p.json",
        "--visualize",
        "--device",
        "cpu",
    )
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert "8 bars (15.0 s)" in rows["technique"]
    assert "nearest to the requested 14 s" in rows["technique"]
    assert "phrase boundary in both" in rows["swap"]
    assert "128.00 BPM" in rows["A"]
    assert "spectral" in rows["separator"]
    written = [line.split()[1] for line in out.splitlines() if line.startswith("wrote")]
    assert written == ["p.json", "out.wav", "out.png"]
    code, out, _ = run("render", "p.json", *pair, "-o", "again.wav", "--device", "cpu")
    assert code == 0
    assert (tmp_path / "again.wav").read_bytes() == (tmp_path / "out.wav").read_bytes()
    audio, rate = djtrans.load_audio(tmp_path / "out.wav")
    assert rate == RATE
    assert audio.shape[1] / rate == pytest.approx(15.0 + 4.0, abs=0.1)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "again.wav",
        "out.png",
        "out.wav",
        "p.json",
    ]


def test_without_any_option_there_is_a_transition_and_it_is_not_written_over(run, pair, tmp_path):
    code, out, _ = run("generate", *pair)
    assert code == 0
    assert "wrote        transition.wav" in out
    written = (tmp_path / "transition.wav").read_bytes()
    code, _, err = run("generate", *pair)
    assert code == 2
    assert "transition.wav exists already; name the file to write with -o" in err
    assert err.count("\n") == 1
    assert (tmp_path / "transition.wav").read_bytes() == written


def test_quiet_says_nothing(run, pair):
    arguments = ("generate", *pair, "-o", "q.wav", "--technique", "cut", "--context", "0")
    assert run(*arguments, "--quiet") == (0, "", "")


def mistakes(folder):
    (folder / "text.mp3").write_text("not music at all\n" * 100)
    (folder / "song.m4a").write_bytes(b"\0" * 100)
    djtrans.write_audio(folder / "silence.wav", torch.zeros(2, RATE * 20), RATE)
    noise = torch.rand(1, RATE * 3) - 0.5
    djtrans.write_audio(folder / "short.wav", noise, RATE)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["missing.wav", "B", "-o", "x.wav"], "missing.wav does not exist"),
        (["text.mp3", "B", "-o", "x.wav"], "text.mp3"),
        (["silence.wav", "B", "-o", "x.wav"], "silent"),
        (["short.wav", "B", "-o", "x.wav"], "3 s long; give at least 8 s"),
        (["song.m4a", "B", "-o", "x.wav"], "not audio"),
        (["A", "B", "-o", "x.wav", "--bars", "0"], "--bars 0 is not allowed"),
        (["A", "B", "-o", "x.wav", "--bars", "many"], "neither a whole number nor auto"),
        (["A", "B", "-o", "x.wav", "--technique", "bass-swop"], "Did you mean 'bass-swap'"),
        (["A", "B", "-o", "x.wav", "--separator", "demuks"], "no separator 'demuks'"),
        (["A", "B", "-o", "x.wav", "--analyzer", "librose"], "Did you mean 'librosa'"),
        (["A", "B", "-o", "x.wav", "--mixer", "dj55"], "Did you mean 'dj54'"),
        (["A", "B", "-o", "none/x.wav"], "folder none does not exist; create it"),
        (["A", "B", "-o", "x.txt"], "end the name in .wav"),
        (
            ["A", "B", "-o", "x.wav", "--save-params", "none/p.json"],
            "folder none does not exist; create it",
        ),
        (["A", "B", "-o", "x.wav", "--stems-a", "none"], "none"),
        (["A", "B", "-o", "x.wav", "--cue-a", "9999"], "lies outside track A"),
        (["A", "B", "-o", "x.wav", "--contxt", "8"], "No such option"),
        (["A"], "Missing argument 'B'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(run, pair, tmp_path, arguments, match):
    mistakes(tmp_path)
    before = sorted(tmp_path.iterdir())
    named = [dict(zip("AB", pair, strict=True)).get(a, a) for a in arguments]
    code, out, err = run("generate", *named)
    assert code == 2
    assert out == ""
    line = err.strip().splitlines()[-1]
    assert line.startswith("djtrans: error: ")
    assert match in line
    assert "Traceback" not in err
    # Whatever was printed before it is a progress line.
    assert all(" took " in text for text in err.strip().splitlines()[:-1])
    assert sorted(tmp_path.iterdir()) == before


def test_plugins_and_layout_list_as_tables_and_json(run):
    code, out, _ = run("plugins")
    assert code == 0
    assert "techniques" in out
    assert "djtrans/bass-swap" in out
    code, out, _ = run("layout", "--json")
    assert len(json.loads(out)) == 54
    code, out, _ = run("layout", "--mixer", "nothing")
    assert code == 2


def test_help_and_version(run):
    for arguments in (["--help"], ["generate", "--help"], ["render", "-h"], ["demo", "-h"]):
        code, out, _ = run(*arguments)
        assert code == 0
        assert "Usage: djtrans" in out
    assert djtrans.__version__ in run("--version")[1]


def test_python_runs_the_package_as_the_command():
    found = subprocess.run(
        [sys.executable, "-m", "djtrans", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout == f"djtrans, version {djtrans.__version__}\n"


@pytest.mark.slow
def test_the_demo_makes_tracks_transition_and_picture(run, tmp_path):
    code, out, _ = run("demo", "--out", "demo")
    assert code == 0
    assert sorted(p.name for p in (tmp_path / "demo").iterdir()) == [
        "track_a.wav",
        "track_b.wav",
        "transition.json",
        "transition.png",
        "transition.wav",
    ]
    assert "bass-swap" in out
