"""End-to-end tests of ``djtrans evaluate``."""

from __future__ import annotations

import json

import pytest

import djtrans
from djtrans.cli import main
from djtrans.core.util.folder_lock import LOCK
from djtrans.metrics import metric_values
from djtrans.registry import Registry
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tracks and the params file of a cut between them."""
    folder = tmp_path_factory.mktemp("pair")
    for name, bpm in (("a", 172.0), ("b", 170.0)):
        spec = TrackSpec(
            bpm=bpm, seed=3, structure=(("intro", 8), ("drop", 12)), sample_rate_hz=RATE
        )
        djtrans.write_audio(folder / f"{name}.wav", synthesize(spec).audio, RATE)
    made = djtrans.generate(
        folder / "a.wav", folder / "b.wav", technique="cut", context=2, device="cpu"
    )
    made.save_params(folder / "p.json")
    return folder


@pytest.fixture
def run(capsys, folder, monkeypatch):
    monkeypatch.chdir(folder)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["evaluate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def test_one_transition_is_printed_as_gates_and_measurements(run):
    code, out, _ = run("p.json", "a.wav", "b.wav")
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    for line, name in zip(
        out.splitlines()[:5],
        ("aligned", "one bass", "one voice", "level", "placement"),
        strict=True,
    ):
        assert line.startswith(name)
        verdict = line[len(name) :].strip()
        assert verdict.startswith(("pass", "warn", "fail", "not measurable"))
    found = {row[0]: row for row in rows if row}
    for metric in metric_values():
        row = found[metric.name]
        if row[1:3] != ["not", "measurable"]:
            float(row[1])
            assert " ".join(row[2:]).startswith(metric.unit)
    code, out, _ = run("p.json", "a.wav", "b.wav", "--json")
    assert code == 0
    content = json.loads(out)
    assert content["values"].keys() == {metric.name for metric in metric_values()}
    assert len(content["gates"]) == 5
    printed = float(found["loudness_dip_lu"][1])
    assert printed == pytest.approx(content["values"]["loudness_dip_lu"], abs=0.006)


METRIC_FILE = """
import djtrans

class Peak:
    def __init__(self, config):
        pass

    def measure(self, inputs):
        return {"mix_peak": float(abs(inputs.mix).max())}

@djtrans.hookimpl
def djtrans_metrics():
    value = djtrans.MetricValue(name="mix_peak", unit="1", better="lower", summary="A test.")
    yield djtrans.MetricDeclaration(name="peak", summary="A test.", factory=Peak, values=[value])
"""


def test_a_metric_of_a_file_is_printed_below_the_others(run, tmp_path, monkeypatch):
    file = tmp_path / "lab.py"
    file.write_text(METRIC_FILE)
    registry = Registry(discover=False, environ={})
    registry.register_file(file)
    monkeypatch.setattr("djtrans.metrics.registered.default_registry", lambda: registry)
    code, out, _ = run("p.json", "a.wav", "b.wav")
    assert code == 0
    name, peak, *rest = out.splitlines()[-1].split()
    assert (name, rest) == ("lab/mix_peak", ["1", "lower", "is", "better"])
    assert 0 < float(peak) < 2


@pytest.mark.slow
def test_a_comparison_writes_its_files_and_resumes(run, folder, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(f"a,b\n{folder}/a.wav,{folder}/b.wav\n")
    arguments = ("--pairs", pairs, "--techniques", "cut, fade", "--bars", "4")
    code, out, err = run(*arguments, "--output", tmp_path / "out")
    assert code == 0, err
    assert "1 pair, 2 techniques" in out
    assert "0 of 2 units" in err.splitlines()[0]
    # The lock stays, empty: removing it would be a race with the next run.
    names = sorted(path.name for path in (tmp_path / "out").iterdir() if path.name != LOCK)
    assert names == ["comparison.png", "results.csv", "summary.csv", "summary.md", "units"]
    table = (tmp_path / "out" / "results.csv").read_bytes()
    code, out, err = run(*arguments, "--output", tmp_path / "out", "--json")
    assert code == 0
    assert "2 of 2 units, 2 from an earlier run" in err
    assert {row["technique"] for row in json.loads(out)} == {"cut", "fade"}
    assert (tmp_path / "out" / "results.csv").read_bytes() == table


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ([], "Give either PARAMS A B, or one of --pairs CSV"),
        (["p.json", "a.wav"], "Got 2 of the 3 files PARAMS A B"),
        (["p.json", "a.wav", "b.wav", "--synthesized", "2"], "Give either"),
        (["p.json", "b.wav", "a.wav"], "is not the file"),
        (["--synthesized", "2"], "give --output DIR"),
        (["--synthesized", "0", "--output", "out"], "give 1 or more"),
        (["--synthesized", "1", "--output", "out", "--workers", "0"], "workers = 0"),
        (
            ["--synthesized", "1", "--output", "out", "--techniques", "bass-swop"],
            "Did you mean 'bass-swap'",
        ),
        (["--synthesized", "1", "--output", "p.json"], "Cannot write to the folder p.json"),
        (["--pairs", "none.csv", "--output", "out"], "Cannot read none.csv: No such file"),
        (["--all-pairs", "none", "--output", "out"], "none is not a folder"),
        (
            ["--all-pairs", ".", "--output", "out", "--plans-only", "--separator", "spectral"],
            "--separator has no effect with --plans-only",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(run, folder, arguments, match):
    before = sorted(folder.iterdir())
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    line = err.strip().splitlines()[-1]
    assert line.startswith("djtrans: error: ")
    assert match in line
    assert "Traceback" not in err
    assert sorted(folder.iterdir()) == before
