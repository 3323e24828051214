"""End-to-end tests of ``djtrans edit``: curves out as CSV, edited, and in again."""

from __future__ import annotations

import csv

import attrs
import pytest
import torch

from djtrans.cli import main
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.mixer.resolve import resolve_spec
from djtrans.testing import example_export


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = example_export(tmp_path, ()).content
    mixer = attrs.evolve(content.provenance.mixer, spec=resolve_spec("dj54"))
    provenance = attrs.evolve(content.provenance, mixer=mixer)
    save_params("t.json", attrs.evolve(content, provenance=provenance))

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([*arguments])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def test_an_edited_table_changes_the_curves_and_nothing_else(run):
    assert run("export-as", "csv", "t.json", "-o", "t.csv")[0] == 0
    with open("t.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows[4:9]:
        row["a/bass/eq/low"] = "0.125"
    with open("t.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    code, out, err = run("edit", "t.json", "--curves", "t.csv", "-o", "new.json")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["changed 1 curves: a/bass/eq/low", "wrote new.json"]
    before, after = load_params("t.json"), load_params("new.json")
    expected = before.params.values.clone()
    expected[4:9, before.params.layout.index("a/bass/eq/low")] = 0.125
    assert torch.equal(after.params.values, expected)
    assert after.plan == before.plan
    assert after.provenance == before.provenance


def test_columns_that_are_left_out_are_kept_and_counted(run):
    assert run("export-as", "csv", "t.json", "-o", "t.csv")[0] == 0
    with open("t.csv", newline="") as stream:
        rows = [{"frame": r["frame"], "b/track/delay/send": "1"} for r in csv.DictReader(stream)]
    with open("t.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    _, out, _ = run("edit", "t.json", "--curves", "t.csv", "-o", "new.json")
    assert "kept 53 curves" in out
    assert load_params("new.json").params.row("b/track/delay/send").tolist() == [1.0] * 32


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--curves", "none.csv", "-o", "new.json"), "There is no file 'none.csv'"),
        (("--curves", "t.json", "-o", "new.json"), "is no table of curves"),
        (("--curves", "t.csv", "-o", "t.json"), "is the file of PARAMS, which it would overwrite"),
        (("--curves", "t.csv", "-o", "new.wav"), "end the name in .json"),
        (("--curves", "t.csv"), "Missing option '-o'"),
    ],
)
def test_errors_are_one_line_and_write_nothing(run, tmp_path, arguments, match):
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = run("edit", "t.json", *arguments)
    assert (code, out) == (2, "")
    assert match in err
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_common_changes_are_made_together(run):
    code, out, err = run(
        *("edit", "t.json", "--move-swap", "+1bar", "--gain-b", "-2", "--technique", "wash-out"),
        *("--redraw", "--level", "-14", "--set", "reverb.decay_seconds=3", "-o", "new.json"),
    )
    assert (code, err) == (0, "")
    before, after = load_params("t.json"), load_params("new.json")
    bars = f"bar {after.plan.a.swap_bar + 1} of A, bar {after.plan.b.swap_bar + 1} of B"
    beat = f"beat {before.plan.swap_beat + 5} of the window"
    assert out.splitlines() == [
        f"moved the swap by +4 beats, to {beat}: {bars}",
        "generated all curves by the rules of wash-out",
        f"changed the gain of B to {before.plan.b.gain_db - 2:+.1f} dB",
        "set reverb.decay_seconds",
        "set the level to -14",
        "wrote new.json",
    ]
    assert after.plan.technique == "djtrans/wash-out"
    assert after.plan.swap_beat == before.plan.swap_beat + 4
    assert after.plan.b.gain_db == before.plan.b.gain_db - 2
    assert after.provenance.render.level == "-14"
    reverb = next(n for n in after.provenance.mixer.spec.track_chain if n.id == "reverb")
    assert reverb.config["decay_seconds"] == 3


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((), "Nothing is to be changed; give --move-swap"),
        (("--technique", "fade"), "add --redraw to confirm"),
        (("--technique", "fde", "--redraw"), "There is no technique 'fde'. Did you mean 'fade'"),
        (("--move-swap", "soon"), "'soon' is no distance; give bars or beats, such as +1bar"),
        (("--move-swap", "+99bars"), "a bar is needed on either side; give"),
        (("--gain-a", "-99"), "-99.0 is not in the range"),
        (("--level", "loud"), "--level 'loud' is not allowed; give match-a, peak"),
        (("--set", "separator.x=1"), "separator.x cannot be edited"),
        (("--set", "technique.x=1"), "add --redraw"),
        (("--set", "reverb.x=1"), "no field 'x'"),
        (("--set", "reverb=delay"), "reverb changes the parameters of the mixer"),
        (("--curves", "t.json", "--redraw"), "--redraw would replace the curves of --curves"),
    ],
)
def test_changes_that_are_not_possible_are_refused(run, tmp_path, arguments, match):
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = run("edit", "t.json", *arguments, "-o", "new.json")
    assert (code, out) == (2, "")
    assert match in err
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
