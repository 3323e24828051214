"""Runs: resumed by what results depend on, with failures kept, and written as tables and a plot."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile

import djtrans
from djtrans.benchmarking import Benchmark, TrackResult, benchmark, write_benchmark
from djtrans.benchmarking import systems as systems_module
from djtrans.benchmarking.report import summary_markdown
from djtrans.core.errors import InputError, PluginError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.util.statistics import mean_interval

RATE = 8000


@pytest.fixture
def folder(tmp_path):
    """Return a folder of a click track and a silent track, with their tempo."""
    folder = tmp_path / "tracks"
    folder.mkdir()
    clicks = np.zeros(RATE * 20)
    clicks[:: RATE // 2] = 0.9
    for name, audio in (("clicks", clicks), ("silence", 0 * clicks)):
        soundfile.write(folder / f"{name}.wav", audio, RATE)
    rows = "clicks.wav,120,0,4\nsilence.wav,120,,\n"
    (folder / "annotations.csv").write_text("file,bpm,first_beat_seconds,beats_per_bar\n" + rows)
    return folder


@pytest.fixture
def analyses(monkeypatch):
    """Count analyses; they find the true grid, without the time that an analyzer takes."""
    pytest.importorskip("mir_eval")
    calls = []

    def analyze(track, *, analyzer, corrected, registry):
        assert corrected is False
        calls.append((track.name, analyzer))
        if not track.audio.any():
            raise InputError("silence.wav is silent.")
        bars = np.zeros(9)
        return djtrans.Analysis(
            duration_seconds=20.0,
            grid=djtrans.BeatGrid(np.arange(40) * 0.5, 0, 120.0),
            sections=[djtrans.Section("groove", 0, 9)],
            phrases=[djtrans.Phrase(0, 9)],
            key=djtrans.Key(0, "major"),
            levels=djtrans.Levels(-9.0, -8.0),
            bar_level_db=bars,
            bar_low_db=bars,
        )

    monkeypatch.setattr(systems_module, "analyze_track", analyze)
    return calls


def test_a_second_run_measures_nothing(folder, analyses, tmp_path):
    first = benchmark({"annotated": folder}, output=tmp_path / "out")
    assert len(analyses) == 4
    second = benchmark({"annotated": folder}, output=tmp_path / "out")
    assert len(analyses) == 4
    assert second == first
    assert first.systems == ("djtrans/constant-grid", "djtrans/librosa")
    clicks, _, silence, _ = first.results
    assert clicks.scores["beats F"] == 1.0
    assert clicks.decoder.startswith("libsndfile")
    assert silence.reason == "silence.wav is silent."


def test_only_what_changed_is_measured_again(folder, analyses, tmp_path):
    out = tmp_path / "out"
    benchmark({"annotated": folder}, ["librosa"], output=out)
    assert len(analyses) == 2
    table = folder / "annotations.csv"
    table.write_text(table.read_text().replace("clicks.wav,120", "clicks.wav,60"))
    result = benchmark({"annotated": folder}, ["librosa"], output=out)
    assert analyses[2:] == [("clicks.wav", "djtrans/librosa")]
    assert result.results[0].scores["tempo Acc1"] == 0.0
    assert result.results[0].scores["tempo Acc2"] == 1.0


def test_a_damaged_result_is_measured_again(folder, analyses, tmp_path):
    out = tmp_path / "out"
    first = benchmark({"annotated": folder}, ["librosa"], output=out)
    (file,) = (out / "units").glob("*clicks*.json")
    file.write_text(file.read_text().replace('"bpm": 120.0', '"bpm": 121.0'))
    with pytest.warns(UserWarning, match="do not match their digest"):
        again = benchmark({"annotated": folder}, ["librosa"], output=out)
    assert len(analyses) == 3
    assert again == first


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"analyzers": ["no-such"]}, PluginError, "no-such"),
        ({"analyzers": []}, InputError, "at least one analyzer, separator, technique"),
        ({"limit": 0}, InputError, "limit = 0"),
        ({"workers": 0}, InputError, "workers = 0"),
    ],
)
def test_options_are_checked_before_the_work(folder, analyses, tmp_path, arguments, error, message):
    with pytest.raises(error, match=message):
        benchmark({"annotated": folder}, **{"output": tmp_path / "out", **arguments})
    assert analyses == []


def test_results_do_not_go_among_the_tracks(folder, analyses):
    with pytest.raises(InputError, match="choose another folder"):
        benchmark({"annotated": folder}, output=folder)


def results_of(dataset, **values):
    """Results of two analyzers; the second has the complement of each score of the first."""
    names = ("djtrans/constant-grid", "djtrans/librosa")
    results = []
    for score, of in values.items():
        for index, value in enumerate(of):
            for analyzer, own in zip(names, (value, 1 - value), strict=True):
                key = score.replace("_", " ")
                results.append(
                    TrackResult(
                        dataset=dataset, track=str(index), system=analyzer, scores={key: own}
                    )
                )
    return Benchmark(results=results, systems=names, found={dataset: 20})


def test_tables_have_means_intervals_and_the_published_result():
    made = results_of("gtzan", beats_F=[1.0, 1.0, 1.0, 0.0])
    mean = mean_interval([1.0, 1.0, 1.0, 0.0])
    assert (mean.mean, mean.n) == (0.75, 4)
    text = summary_markdown(made)
    assert f"| beats F | 4 | 0.750 [{mean.low:.3f}, {mean.high:.3f}] | 0.250" in text
    assert "| 0.891 |" in text
    assert "Beat This!, Foscarin, Schlüter and Widmer, ISMIR 2024" in text
    assert "4 of 20 tracks" in text
    not_run = text.split("## Not run")[1].split("## Scores")[0]
    assert "| harmonix |" in not_run
    assert "| gtzan |" not in not_run


def test_the_report_is_written_and_replaced_but_nothing_else_is(tmp_path):
    made = results_of("harmonix", structure_HR3F=[0.4, 0.6])
    for _ in range(2):
        names = [path.name for path in write_benchmark(made, tmp_path)]
    assert names == ["results.csv", "summary.csv", "summary.md", "bench.png"]
    rows = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [(row["score"], row["system"], row["n"], row["mean"]) for row in rows] == [
        ("structure HR3F", "constant-grid", "2", "0.5"),
        ("structure HR3F", "librosa", "2", "0.5"),
    ]
    (tmp_path / "summary.md").write_text("mine")
    with pytest.raises(InputError, match="was not written by djtrans"):
        write_benchmark(made, tmp_path)


@pytest.fixture
def musdb(tmp_path):
    """Return a folder in the layout of MUSDB18-HQ with two mixtures and their stems."""
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        folder = tmp_path / "musdb" / "test" / name
        folder.mkdir(parents=True)
        stems = {s: 0.1 * rng.standard_normal((RATE * 9, 2)) for s in STEMS}
        for stem, audio in {**stems, "mixture": sum(stems.values())}.items():
            soundfile.write(folder / f"{stem}.wav", audio, RATE, "FLOAT")
    return tmp_path / "musdb"


def test_separators_are_scored_on_true_stems_beside_the_mixture(musdb, tmp_path):
    pytest.importorskip("mir_eval")
    result = benchmark(
        {"musdb18hq": musdb}, (), separators=("mixture", "spectral"), output=tmp_path / "out"
    )
    assert result.systems == ("mixture", "djtrans/spectral")
    # Four independent stems of one level: the mix as one of them has the error of three.
    floor = result.mean("musdb18hq", "mixture", "separation SDR").mean
    assert floor == pytest.approx(-10 * np.log10(3), abs=0.1)
    text = summary_markdown(result)
    assert "| separation SDR, dB | 2 | -4.7" in text
    assert "spectral - mixture" in text
    assert "HT Demucs" in text
    again = benchmark(
        {"musdb18hq": musdb}, (), separators=("mixture", "spectral"), output=tmp_path / "out"
    )
    assert again == result


def test_systems_run_only_where_there_is_something_to_score(musdb, folder, analyses, tmp_path):
    result = benchmark(
        {"musdb18hq": musdb, "annotated": folder},
        ("default",),
        separators=("mixture",),
        output=tmp_path / "out",
    )
    ran = {(r.dataset, r.system) for r in result.results}
    assert ran == {("musdb18hq", "mixture"), ("annotated", "djtrans/constant-grid")}
    written = write_benchmark(result, tmp_path / "out")
    assert (tmp_path / "out" / "bench.png") in written


def test_differences_are_paired_by_track():
    scores = {"a": (0.9, 0.5), "b": (0.4, 0.2), "c": (0.8, None)}
    results = [
        TrackResult(
            dataset="modules",
            track=track,
            system=system,
            scores={} if value is None else {"beats F": value},
        )
        for track, both in scores.items()
        for system, value in zip(("first", "second"), both, strict=True)
    ]
    result = Benchmark(results=results, systems=("first", "second"), found={"modules": 3})
    found = result.difference("modules", "second", "first", "beats F")
    assert (found.n, found.mean) == (2, pytest.approx(-0.3))
    assert "| -0.300 [-0.400, -0.200] (n 2) |" in summary_markdown(result)
