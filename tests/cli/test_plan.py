"""End-to-end tests of ``djtrans plan``, and of a candidate that is rendered."""

from __future__ import annotations

import json

import pytest

import djtrans
from djtrans.cli import main
from djtrans.core.errors import InputError, PlanError
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
STRUCTURE = (("intro", 8), ("drop", 16), ("outro", 8))


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    paths = []
    for seed, bpm in enumerate((126.0, 124.0)):
        spec = TrackSpec(bpm=bpm, seed=seed, structure=STRUCTURE, sample_rate_hz=RATE)
        paths.append(str(folder / f"{seed}.wav"))
        djtrans.write_audio(paths[-1], synthesize(spec).audio, RATE)
    return paths


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def test_plans_are_listed_the_best_first(run, tracks):
    code, out, _ = run("plan", *tracks, "--candidates", "3", "--quiet")
    header, *rows = out.splitlines()
    assert code == 0
    assert header.split()[:3] == ["candidate", "cost", "technique"]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    costs = [float(row.split()[1]) for row in rows]
    assert costs == sorted(costs)


def test_json_has_the_plans_of_python(run, tracks):
    code, out, _ = run("plan", *tracks, "--candidates", "2", "--json", "--quiet")
    found = json.loads(out)
    assert code == 0
    assert len(found) == 2
    loaded = [djtrans.load_track(path) for path in tracks]
    plans = djtrans.plan_candidates(
        *(djtrans.analyze_track(track) for track in loaded), count=2, tracks=tuple(loaded)
    )
    assert [plan["technique"] for plan in found] == [plan.technique for plan in plans]
    assert [plan["cost"] for plan in found] == [plan.cost for plan in plans]
    places = {(p["technique"], p["a"]["swap_bar"] // 8, p["b"]["swap_bar"] // 8) for p in found}
    assert len(places) == 2


@pytest.mark.slow
def test_a_candidate_is_rendered_as_it_is_listed(run, tracks, tmp_path):
    _, out, _ = run("plan", *tracks, "--candidates", "2", "--json", "--quiet")
    second = json.loads(out)[1]
    made = djtrans.generate(
        *tracks, candidate=2, separator="spectral", model="none", device="cpu", context=0
    )
    assert made.plan.technique == second["technique"]
    assert made.plan.a.swap_bar == second["a"]["swap_bar"]
    assert made.plan.b.swap_bar == second["b"]["swap_bar"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--candidates", "0"), "--candidates 0 is not allowed; give 1 or more"),
        (("--technique", "nothing"), "nothing"),
    ],
)
def test_a_mistake_is_one_line(run, tracks, arguments, message):
    code, _, err = run("plan", *tracks, "--quiet", *arguments)
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_candidate_that_is_not_there_is_refused(tracks):
    with pytest.raises(PlanError, match=r"candidate = 200, but only \d+ plans differ"):
        djtrans.generate(
            *tracks,
            technique="cut",
            candidate=200,
            separator="spectral",
            model="none",
            device="cpu",
        )
    with pytest.raises(InputError, match="candidate = 0 is not allowed"):
        djtrans.GenerateOptions(candidate=0)
