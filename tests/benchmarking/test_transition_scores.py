"""Transitions between pairs: made by techniques and models, scored by gates and metrics."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import djtrans
from djtrans.benchmarking import benchmark, write_benchmark
from djtrans.benchmarking import transition_scores as module
from djtrans.benchmarking.report import summary_markdown
from djtrans.benchmarking.transition_scores import GATES, score_transition, transition_scores
from djtrans.core.errors import PlanError, PluginError
from djtrans.evaluation import TrackPair
from djtrans.pipeline import generation
from djtrans.synthesis import TrackSpec
from tests.helpers.models import save_random_model


@pytest.fixture
def pairs(tmp_path):
    """Return a table of three pairs of files, of which one has a technique and a cue."""
    for name in "abc":
        (tmp_path / f"{name}.wav").write_text(name)
    table = tmp_path / "pairs.csv"
    table.write_text("a,b,technique,cue_a\na.wav,b.wav,,\nb.wav,a.wav,cut,1:10\nb.wav,c.wav,,\n")
    return table


@pytest.fixture
def made(monkeypatch):
    """Record the options of transitions; the fade clicks, and its gate of the bass warns."""
    calls = []

    def generate(a, b, **options):
        calls.append((a[-5:], b[-5:], options))
        if b.endswith("c.wav"):
            raise PlanError("c.wav is too short.")
        fades = options["technique"] == "fade" or options["technique"].endswith("/fade")
        verdicts = dict.fromkeys(GATES, "pass") | {"one voice": "not measurable"}
        if fades:
            verdicts["one bass"] = "warn"
        gates = [SimpleNamespace(name=name, verdict=v) for name, v in verdicts.items()]
        values = {"clicks": 2.0 if fades else 0.5, "vocal_line_cuts": None, "curves_moving": 8.0}
        metrics = SimpleNamespace(gates=gates, values=lambda: values)
        return SimpleNamespace(metrics=lambda registry: metrics)

    monkeypatch.setattr(generation, "generate", generate)
    return calls


def test_techniques_and_models_are_compared_side_by_side(pairs, made, tmp_path):
    model = str(save_random_model(tmp_path))
    systems = {"techniques": ("bass-swap", "fade"), "models": ("default", model)}
    result = benchmark({"pairs": pairs}, (), **systems, output=tmp_path / "out")
    assert result.systems == ("djtrans/bass-swap", "djtrans/fade", "default", model)
    assert len(made) == 12
    a, b, rules = made[0]
    assert (a, b, rules["technique"], rules["model"]) == (
        "a.wav",
        "b.wav",
        "djtrans/bass-swap",
        None,
    )
    assert made[2][2]["model"] == "auto"
    # Models take the technique of the pair, and choose one where there is none.
    assert [options["technique"] for _, _, options in made if options["model"] is not None] == [
        *("auto", "auto", "cut", "cut", "auto", "auto")
    ]
    assert made[3][2]["model"].sha256 == djtrans.load_model(model, "cpu").sha256
    assert made[5][2]["cue_a"] == 70.0
    text = summary_markdown(result)
    assert "3 of 3 pairs; your own pairs of tracks" in text
    assert "| gate one bass | 2 | 1.000 [1.000, 1.000] | 0.000 [0.000, 0.000]" in text
    assert "| gate all | 2 | 1.000 [1.000, 1.000] | 0.000 [0.000, 0.000]" in text
    assert "| metric clicks ↓, clicks | 2 | 0.50 [0.50, 0.50] | 2.00 [2.00, 2.00]" in text
    assert "+1.50 [+1.50, +1.50]" in text
    # Not measured, and a description of which no side is better.
    assert "gate one voice" not in text
    assert "vocal_line_cuts" not in text
    assert "curves_moving" not in text
    assert "Rejected by fade: b to c: c.wav is too short." in text
    assert (tmp_path / "out" / "bench.png") in write_benchmark(result, tmp_path / "out")


def test_a_run_resumes_and_measures_what_changed(pairs, made, tmp_path):
    arguments = ({"pairs": pairs}, ()), {"techniques": ("fade",), "output": tmp_path / "out"}
    first = benchmark(*arguments[0], **arguments[1])
    assert benchmark(*arguments[0], **arguments[1]) == first
    assert len(made) == 3
    (pairs.parent / "c.wav").write_text("another")
    benchmark(*arguments[0], **arguments[1])
    assert [b for _, b, _ in made[3:]] == ["c.wav"]


def test_names_are_checked_before_the_work(pairs, made, tmp_path):
    with pytest.raises(PluginError, match="no-such"):
        benchmark({"pairs": pairs}, (), techniques=("no-such",), output=tmp_path / "out")
    with pytest.raises(djtrans.DjtransError, match=r"missing\.safetensors"):
        benchmark({"pairs": pairs}, (), models=("missing.safetensors",), output=tmp_path / "out")
    assert made == []


@pytest.mark.slow
@pytest.mark.usefixtures("warm_cache")
def test_a_real_transition_has_the_scores_that_are_listed():
    structure = (("intro", 8), ("drop", 8), ("outro", 8))
    a, b = (
        TrackSpec(bpm=bpm, tonic=9, seed=seed, structure=structure, sample_rate_hz=22050)
        for bpm, seed in ((172.0, 1), (168.0, 2))
    )
    fade = score_transition(TrackPair(a=a, b=b, name="pair"), None, technique="fade")
    swap = score_transition(TrackPair(a=a, b=b, name="pair"), None, technique="bass-swap")
    known = {score.key for score in transition_scores()}
    assert fade.keys() <= known
    assert {f"gate {name}" for name in ("all", "aligned", "one bass", "placement")} <= fade.keys()
    key = "metric bass_overlap_beats"
    assert swap[key] < fade[key]
    assert tuple(gate.name for gate in _gates(a, b)) == module.GATES


def _gates(a, b):
    with TrackPair(a=a, b=b, name="pair").files() as files:
        stems = {"stems_a": files.stems_a, "stems_b": files.stems_b}
        made = djtrans.generate(files.a, files.b, technique="fade", model="none", **stems)
        return made.gates()
