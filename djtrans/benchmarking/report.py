"""Write a benchmark as Markdown, CSV and a plot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from djtrans.benchmarking.datasets import datasets
from djtrans.benchmarking.published import published
from djtrans.benchmarking.results import Benchmark
from djtrans.benchmarking.scores import SCORES, Score
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.output_files import check_report_files, starts_with
from djtrans.core.util.statistics import RESAMPLES, Mean
from djtrans.core.util.tables import MISSING, csv_table, markdown_table

_TITLE = "# Analyzers compared on annotated datasets"
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
    >>> empty = Benchmark(results=[], analyzers=["djtrans/librosa"], found={})
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
        "results.csv": starts_with("dataset,track,analyzer,reason"),
        "summary.csv": starts_with("dataset,score,analyzer"),
        "summary.md": starts_with(_TITLE),
    }
    check_report_files(output, own, _PLOT)


def measured_scores(benchmark: Benchmark, dataset: str) -> list[Score]:
    """Return the scores that a dataset has, in order."""
    known = {key for r in benchmark.results if r.dataset == dataset for key in r.scores}
    return [score for score in SCORES if score.key in known]


def results_csv(benchmark: Benchmark) -> str:
    """Format one row per track and analyzer."""
    header = ["dataset", "track", "analyzer", "reason", "bpm", "key", "decoder"]
    rows = [
        [r.dataset, r.track, short_name(r.analyzer), r.reason, r.bpm, r.key, r.decoder]
        + [r.scores.get(score.key) for score in SCORES]
        for r in benchmark.results
    ]
    return csv_table([*header, *(score.key for score in SCORES)], rows)


def summary_csv(benchmark: Benchmark) -> str:
    """Format one row per dataset, score and analyzer."""
    header = ["dataset", "score", "analyzer", "n", "mean", "low", "high", "published", "source"]
    rows: list[list[object]] = []
    for dataset in benchmark.found:
        for score in measured_scores(benchmark, dataset):
            best = published(dataset, score.key)
            for analyzer in benchmark.analyzers:
                m = benchmark.mean(dataset, analyzer, score.key)
                rows.append(
                    [dataset, score.key, short_name(analyzer), m.n, m.mean, m.low, m.high]
                    + ([best.value, best.source] if best else [None, None])
                )
    return csv_table(header, rows)


def summary_markdown(benchmark: Benchmark) -> str:
    """Format a table per dataset, the datasets that were not run, and the definitions."""
    software = ", ".join(f"{name} {value}" for name, value in benchmark.software.items() if value)
    intro = (
        f"Means over the tracks with 95 % intervals (percentile bootstrap over tracks, {RESAMPLES} "
        f"resamples), from 0 to 1; higher is better. Versions: {software}.\n"
    )
    parts = [f"{_TITLE}\n", intro]
    for dataset in benchmark.found:
        parts += [f"## {dataset}\n", _table(benchmark, dataset)]
    parts += ["## Not run\n", _not_run(benchmark), "## Scores\n", _definitions()]
    return "\n".join(parts)


def _table(benchmark: Benchmark, dataset: str) -> str:
    chosen = len({r.track for r in benchmark.results if r.dataset == dataset})
    rows, sources = [], []
    for score in measured_scores(benchmark, dataset):
        best = published(dataset, score.key)
        means = [benchmark.mean(dataset, name, score.key) for name in benchmark.analyzers]
        rows.append(
            [score.key, str(max(mean.n for mean in means))]
            + [_cell(mean, max(m.n for m in means)) for mean in means]
            + [f"{best.value:.3f}" if best else MISSING]
        )
        if best:
            sources.append(f"Published {score.key}: {best.source}.")
    header = ["score", "n", *map(short_name, benchmark.analyzers), "published"]
    failed = [
        f"Not analyzed by {short_name(r.analyzer)}: {r.track}: {r.reason}"
        for r in benchmark.results
        if r.dataset == dataset and not r.ok
    ]
    about = f"{chosen} of {benchmark.found[dataset]} tracks; {datasets()[dataset].source}."
    lines = [about, "", markdown_table(header, rows)]
    for line in (*sources, *failed):
        lines += [line, ""]
    return "\n".join(lines)


def _cell(mean: Mean, n: int) -> str:
    if mean.mean is None:
        return MISSING
    text = f"{mean.mean:.3f}"
    if mean.low is not None and mean.high is not None:
        text += f" [{mean.low:.3f}, {mean.high:.3f}]"
    return text if mean.n == n else f"{text} (n {mean.n})"


def _not_run(benchmark: Benchmark) -> str:
    rows = [
        [dataset.name, dataset.layout, dataset.source]
        for dataset in datasets().values()
        if dataset.name not in benchmark.found
    ]
    return markdown_table(["dataset", "files in its folder", "source"], rows)


def _definitions() -> str:
    return markdown_table(["score", "meaning"], [[s.key, s.meaning] for s in SCORES])
