"""``djtrans generate --candidates`` and ``--report``, from the command line."""

from __future__ import annotations

import shlex

import pytest

import djtrans
from djtrans.cli import main
from djtrans.core.transition.params_file import load_params
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050
FAST = ("--separator", "spectral", "--device", "cpu", "--model", "none", "--context", "1")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    for seed, name in ((3, "a"), (4, "b")):
        spec = TrackSpec(
            bpm=172.0, seed=seed, structure=(("intro", 8), ("drop", 8)), sample_rate_hz=RATE
        )
        djtrans.write_audio(folder / f"{name}.wav", synthesize(spec).audio, RATE)
    return folder / "a.wav", folder / "b.wav"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([*map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


@pytest.mark.slow
def test_candidates_are_written_compared_and_rendered_again(run, pair, tmp_path):
    code, out, _ = run("generate", *pair, "--candidates", 2, "--report", "page.html", *FAST)
    assert code == 0
    folder = tmp_path / "candidates"
    assert sorted(file.name for file in folder.iterdir()) == [
        *("candidate-1.params.json", "candidate-1.wav"),
        *("candidate-2.params.json", "candidate-2.wav"),
    ]
    plans = [load_params(folder / f"candidate-{n}.params.json").plan for n in (1, 2)]
    rows = [line.split() for line in out.splitlines() if line.startswith("candidate-")]
    assert [row[1] for row in rows] == [plan.technique.partition("/")[2] for plan in plans]
    page = (tmp_path / "page.html").read_text()
    command = f"djtrans render candidates/candidate-2.params.json {pair[0]} {pair[1]}"
    assert command in page
    arguments = shlex.split(command)[1:]
    assert run(*arguments, "-o", "again.wav", "--quiet", "--device", "cpu")[0] == 0
    again, first = (
        djtrans.load_audio(file)[0] for file in ("again.wav", folder / "candidate-2.wav")
    )
    assert (again - first).abs().max() < 2e-7
    # A second run does not mix its candidates with those of the first.
    code, _, err = run("generate", *pair, "--candidates", 2, *FAST)
    assert (code, "The folder candidates is not empty" in err) == (2, True)


@pytest.mark.slow
def test_a_transition_states_its_gates_and_what_fails(run, pair, tmp_path):
    options = ("--technique", "sum", "--bars", "4", "--report", "one.html", *FAST)
    code, out, _ = run("generate", *pair, "-o", "sum.wav", *options)
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["gates"].startswith("aligned ")
    assert len(lines["gates"].split(", ")) == 5
    assert ("fails" in lines) == (" fail" in lines["gates"])
    assert "fails" in lines or "warns" in lines  # both tracks at full level have two basses
    assert (tmp_path / "one.html").stat().st_size > 1e5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--candidates", "0"), "candidates = 0 is not allowed; give 1 to 9"),
        (("--candidates", "2", "--candidate", "2"), "Both candidates and candidate are given"),
        (("--candidates", "2", "--save-params", "x.json"), "--save-params does not go with"),
        (("--candidates", "2", "--report", "x.txt"), "end the name in .html"),
        (("-o", "x.wav", "--report", "x.txt"), "end the name in .html"),
        (("-o", "x.wav", "--report-audio", "files"), "--report-audio has no effect without"),
        (("--pairs", "x.csv", "-o", "y", "--report", "x.html"), "does not go with --pairs"),
    ],
)
def test_wrong_options_are_refused_before_the_work(run, pair, tmp_path, arguments, message):
    tracks = () if "--pairs" in arguments else pair
    code, _, err = run("generate", *tracks, *arguments)
    assert code == 2
    assert message in err
    assert not list(tmp_path.iterdir())


def test_the_report_replaces_neither_a_track_nor_another_folder(run, pair, tmp_path):
    folder = tmp_path / "page-audio"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    options = ("-o", "x.wav", "--report", "page.html", "--report-audio", "files")
    code, _, err = run("generate", *pair, *options)
    assert (code, "was not written by djtrans" in err) == (2, True)
    track = tmp_path / "track.html"
    track.write_bytes(pair[0].read_bytes())
    code, _, err = run("generate", track, pair[1], "-o", "x.wav", "--report", "track.html")
    assert (code, "which it would overwrite" in err) == (2, True)
