"""Write a benchmark as Markdown, CSV and a plot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from djtrans.benchmarking import mixer_speed
from djtrans.benchmarking.datasets import datasets
from djtrans.benchmarking.published import published
from djtrans.benchmarking.results import Benchmark
from djtrans.benchmarking.scores import Score
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.output_files import check_report_files, starts_with
from djtrans.core.util.statistics import RESAMPLES, Mean
from djtrans.core.util.tables import MISSING, csv_table, markdown_table

_TITLE = "# Systems compared on datasets"
_PLOT = "bench.png"


def write_benchmark(benchmark: Benchmark, output: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write ``results.csv``, ``summary.csv``, ``summary.md`` and ``bench.png``.

    Parameters
    ----------
    benchmark : Benchmark
        Results.
    output : path
        Existing folder.

    Returns
    -------
    tuple of Path
        Files that were written; without any score there is no plot.

    Raises
    ------
    InputError
        If there is no such folder, or a file of another origin would be replaced.

    Examples
    --------
    >>> from djtrans.benchmarking import Benchmark, write_benchmark
    >>> empty = Benchmark(results=[], systems=["djtrans/librosa"], found={})
    >>> [path.name for path in write_benchmark(empty, ".")]
    ['results.csv', 'summary.csv', 'summary.md']

    See Also
    --------
    benchmark : Returns the results.
    """
    from djtrans.benchmarking.plot import plot_benchmark
    from djtrans.plot import save_figure

    folder = Path(output)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; create it first.")
    check_report(folder)
    texts = {
        "results.csv": results_csv(benchmark),
        "summary.csv": summary_csv(benchmark),
        "summary.md": summary_markdown(benchmark),
    }
    written = []
    for name, text in texts.items():
        write_text(folder / name, text)
        written.append(folder / name)
    if any(result.scores for result in benchmark.results):
        save_figure(plot_benchmark(benchmark), folder / _PLOT)
        written.append(folder / _PLOT)
    return tuple(written)


def check_report(output: str | os.PathLike[str]) -> None:
    """Raise if the report cannot be written, or would replace files of another origin.

    Raises
    ------
    InputError
        If so.
    """
    own: dict[str, Callable[[Path], bool]] = {
        "results.csv": starts_with("dataset,track,system,reason"),
        "summary.csv": starts_with("dataset,score,system"),
        "summary.md": starts_with(_TITLE),
    }
    check_report_files(output, own, _PLOT)


def measured_scores(benchmark: Benchmark, dataset: str) -> list[Score]:
    """Return the scores that a dataset has, in order."""
    known = {key for r in benchmark.results if r.dataset == dataset for key in r.scores}
    return [score for score in benchmark.scores if score.key in known]


def results_csv(benchmark: Benchmark) -> str:
    """Format one row per track and system."""
    header = ["dataset", "track", "system", "reason", "bpm", "key", "decoder"]
    known = {key for result in benchmark.results for key in result.scores}
    scores = [score for score in benchmark.scores if score.key in known]
    rows = [
        [r.dataset, r.track, short_name(r.system), r.reason, r.bpm, r.key, r.decoder]
        + [r.scores.get(score.key) for score in scores]
        for r in benchmark.results
    ]
    return csv_table([*header, *(score.key for score in scores)], rows)


def summary_csv(benchmark: Benchmark) -> str:
    """Format one row per dataset, score and system; differences are to the first system."""
    header = ["dataset", "score", "system", "n", "mean", "low", "high"]
    header += ["difference", "difference_low", "difference_high", "published", "source"]
    rows: list[list[object]] = []
    for dataset in benchmark.found:
        systems = _systems(benchmark, dataset)
        for score in measured_scores(benchmark, dataset):
            best = published(dataset, score.key)
            for system in systems:
                m = benchmark.mean(dataset, system, score.key)
                d = benchmark.difference(dataset, system, systems[0], score.key)
                rows.append(
                    [dataset, score.key, short_name(system), m.n, m.mean, m.low, m.high]
                    + ([None] * 3 if system == systems[0] else [d.mean, d.low, d.high])
                    + ([best.value, best.source] if best else [None, None])
                )
    return csv_table(header, rows)


def _systems(benchmark: Benchmark, dataset: str) -> list[str]:
    """Return the systems that have results of a dataset, in order."""
    known = {r.system for r in benchmark.results if r.dataset == dataset}
    return [system for system in benchmark.systems if system in known]


def summary_markdown(benchmark: Benchmark) -> str:
    """Format a table per dataset, the datasets that were not run, and the definitions."""
    software = ", ".join(f"{name} {value}" for name, value in benchmark.software.items() if value)
    intro = (
        f"Means over the tracks with 95 % intervals (percentile bootstrap over tracks, {RESAMPLES} "
        "resamples), and paired differences to the first system. Higher is better, with ↓ lower; "
        f"shares are from 0 to 1. Versions: {software}.\n"
    )
    parts = [f"{_TITLE}\n", intro]
    for dataset in benchmark.found:
        parts += [f"## {dataset}\n", _table(benchmark, dataset)]
    parts += ["## Not run\n", _not_run(benchmark), "## Scores\n", _definitions(benchmark)]
    return "\n".join(parts)


def _table(benchmark: Benchmark, dataset: str) -> str:
    chosen = len({r.track for r in benchmark.results if r.dataset == dataset})
    systems = _systems(benchmark, dataset)
    rows, sources = [], []
    for score in measured_scores(benchmark, dataset):
        best = published(dataset, score.key)
        means = [benchmark.mean(dataset, name, score.key) for name in systems]
        differences = [
            benchmark.difference(dataset, name, systems[0], score.key) for name in systems[1:]
        ]
        n = max(mean.n for mean in means)
        rows.append(
            [score_label(score), str(n)]
            + [_cell(mean, n, score) for mean in means]
            + [_cell(difference, n, score, sign="+") for difference in differences]
            + [_number(best.value, score) if best else MISSING]
        )
        if best:
            sources.append(f"Published {score.key}: {best.source}.")
    names = [short_name(system) for system in systems]
    header = ["score", "n", *names, *(f"{name} - {names[0]}" for name in names[1:]), "published"]
    failed = [
        f"Rejected by {short_name(r.system)}: {r.track}: {r.reason}"
        for r in benchmark.results
        if r.dataset == dataset and not r.ok
    ]
    known = datasets().get(dataset)
    source = known.source if known else mixer_speed.SOURCE
    about = f"{chosen} of {benchmark.found[dataset]} {noun(dataset)}; {source}."
    lines = [about, "", markdown_table(header, rows)]
    for line in (*sources, *failed):
        lines += [line, ""]
    return "\n".join(lines)


def noun(dataset: str) -> str:
    """Return what a dataset consists of, in the plural."""
    return {"pairs": "pairs", mixer_speed.DATASET: "rounds"}.get(dataset, "tracks")


def score_label(score: Score, *, unit: bool = True) -> str:
    """Return the name of a score, with an arrow if lower is better, and its unit."""
    arrow = " ↓" if score.better == "lower" else ""
    return score.key + arrow + (f", {score.unit}" if unit and score.unit else "")


def _number(value: float, score: Score, sign: str = "") -> str:
    return format(value, f"{sign}.{2 if score.unit else 3}f")


def _cell(mean: Mean, n: int, score: Score, sign: str = "") -> str:
    if mean.mean is None:
        return MISSING
    text = _number(mean.mean, score, sign)
    if mean.low is not None and mean.high is not None:
        text += f" [{_number(mean.low, score, sign)}, {_number(mean.high, score, sign)}]"
    return text if mean.n == n else f"{text} (n {mean.n})"


def _not_run(benchmark: Benchmark) -> str:
    rows = [
        [dataset.name, dataset.layout, dataset.source]
        for dataset in datasets().values()
        if dataset.name not in benchmark.found
    ]
    return markdown_table(["dataset", "files in its folder", "source"], rows)


def _definitions(benchmark: Benchmark) -> str:
    known = {score for dataset in benchmark.found for score in measured_scores(benchmark, dataset)}
    rows = [[score.key, score.meaning] for score in benchmark.scores if score in known]
    return markdown_table(["score", "meaning"], rows)
