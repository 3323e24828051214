"""Write a comparison as CSV, Markdown and a plot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.output_files import check_report_files, starts_with
from djtrans.core.util.statistics import RESAMPLES, Estimate
from djtrans.core.util.tables import MISSING, csv_table, markdown_table, number
from djtrans.evaluation.comparison import Comparison, worse

#: Technique with which the others are compared.
BASELINE = "djtrans/fade"
#: Maximum number of metrics in a readable Markdown table.
_COLUMNS = 5
_ARROWS = {"lower": "↓", "higher": "↑"}
_VERDICT_ORDER = ("pass", "warn", "fail", "not measurable")


def write_report(
    comparison: Comparison, output: str | os.PathLike[str], baseline: str = BASELINE
) -> tuple[Path, ...]:
    """Write ``results.csv``, ``summary.csv``, ``summary.md`` and ``comparison.png``.

    Parameters
    ----------
    comparison : Comparison
        Results.
    output : path
        Existing folder.
    baseline : str
        Qualified name of the technique with which the others are compared; ignored if it was not
        evaluated.

    Returns
    -------
    tuple of Path
        Files that were written.

    See Also
    --------
    compare : Returns the comparison.

    Examples
    --------
    >>> from djtrans.evaluation import Comparison, Outcome, write_report
    >>> failed = Outcome(pair="a to b", technique="djtrans/fade", reason="A is too short")
    >>> [path.name for path in write_report(Comparison(outcomes=[failed]), ".")]
    ['results.csv', 'summary.csv', 'summary.md']
    """
    from djtrans.evaluation.plot import plot_techniques
    from djtrans.plot import save_figure

    folder = Path(output)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; create it first.")
    check_report(folder)
    texts = {
        "results.csv": results_csv(comparison),
        "summary.csv": summary_csv(comparison, baseline),
        "summary.md": summary_markdown(comparison, baseline),
    }
    written = []
    for name, text in texts.items():
        write_text(folder / name, text)
        written.append(folder / name)
    if any(outcome.ok for outcome in comparison.outcomes):
        save_figure(plot_techniques(comparison, baseline=baseline), folder / "comparison.png")
        written.append(folder / "comparison.png")
    return tuple(written)


def check_report(output: str | os.PathLike[str]) -> None:
    """Raise if the report cannot be written, or would replace files of another origin.

    Raises
    ------
    InputError
        If so.
    """
    own: dict[str, Callable[[Path], bool]] = {
        "results.csv": starts_with("pair,technique,reason,bars"),
        "summary.csv": starts_with("technique,metric,unit,better"),
        "summary.md": starts_with("# Comparison of techniques"),
    }
    check_report_files(output, own, "comparison.png")


def results_csv(comparison: Comparison) -> str:
    """Format one row per technique and pair, including failed ones."""
    gates = list(dict.fromkeys(g for outcome in comparison.outcomes for g in outcome.gates))
    header = ["pair", "technique", "reason", "bars", "shared_swap"]
    header += [metric.name for metric in comparison.metrics] + [
        f"{gate}: {what}" for gate in gates for what in ("verdict", "why")
    ]
    return csv_table(
        header,
        [
            [
                o.pair,
                short_name(o.technique),
                o.reason,
                o.bars or None,
                o.shared_swap if o.ok else None,
                *(o.values.get(metric.name) for metric in comparison.metrics),
                *(texts.get(gate) for gate in gates for texts in (o.gates, o.why)),
            ]
            for o in comparison.outcomes
        ],
    )


def summary_csv(comparison: Comparison, baseline: str = BASELINE) -> str:
    """Format one row per technique and metric: median, interval, n, paired difference."""
    header = ["technique", "metric", "unit", "better", "n", "median", "low", "high"]
    header += [f"{name} against {short_name(baseline)}" for name in ("n", "median", "low", "high")]
    against = baseline in comparison.techniques
    rows = []
    for technique in comparison.techniques:
        medians = comparison.medians(technique)
        differences = comparison.differences(technique, baseline) if against else {}
        for metric in comparison.metrics:
            row: list[object] = [short_name(technique), metric.name, metric.unit, metric.better]
            for estimate in (medians[metric.name], differences.get(metric.name)):
                e = estimate or Estimate(None, None, None, 0)
                row += [e.n, e.median, e.low, e.high]
            rows.append(row)
    return csv_table(header, rows)


def summary_markdown(comparison: Comparison, baseline: str = BASELINE) -> str:
    """Format gates, medians, metrics worse than the baseline, and failures as Markdown."""
    intro = (
        f"{_count(len(comparison.pairs), 'pair')}, "
        f"{_count(len(comparison.techniques), 'technique')}. Medians over the "
        "pairs with their 95 % intervals (percentile bootstrap, "
        f"{RESAMPLES} resamples); n is in front, and in brackets where a metric could not be "
        "measured on all of them. ↓ lower is better, ↑ higher is better, no arrow: a description. "
        "Compare gates within a technique: a hard cut is perfect on every overlap.\n"
    )
    parts = [
        "# Comparison of techniques\n",
        intro,
        "## Gates\n",
        _gates(comparison),
        "## Metrics\n",
        *(_medians(comparison, first) for first in range(0, len(comparison.metrics), _COLUMNS)),
    ]
    if baseline in comparison.techniques:
        parts += [f"## Worse than {short_name(baseline)}\n", _worse(comparison, baseline)]
    parts += ["## Not measured\n", _failed(comparison)]
    return "\n".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _gates(comparison: Comparison) -> str:
    names = list(dict.fromkeys(g for o in comparison.outcomes for g in o.gates))
    rows = []
    for technique in comparison.techniques:
        measured = comparison.measured(technique)
        all_of = [o for o in comparison.outcomes if o.technique == technique]
        verdicts = comparison.verdicts(technique)
        bars = sorted({o.bars for o in measured})
        rows.append(
            [
                short_name(technique),
                str(len(measured)),
                str(len(all_of) - len(measured)),
                ", ".join(map(str, bars)) or MISSING,
                f"{sum(o.shared_swap for o in measured)} of {len(measured)}",
                *(
                    " / ".join(str(verdicts.get(g, {}).get(v, 0)) for v in _VERDICT_ORDER)
                    for g in names
                ),
            ]
        )
    header = ["technique", "n", "not measured", "bars", "on the shared swap", *names]
    return "Transitions that pass / warn / fail / are not measurable.\n\n" + markdown_table(
        header, rows
    )


def _medians(comparison: Comparison, first: int) -> str:
    metrics = comparison.metrics[first : first + _COLUMNS]
    header = ["technique", "n"]
    header += [
        " ".join(filter(None, [m.name, _ARROWS.get(m.better, ""), f"({m.unit})" if m.unit else ""]))
        for m in metrics
    ]
    rows = []
    for technique in comparison.techniques:
        n = len(comparison.measured(technique))
        medians = comparison.medians(technique)
        rows.append([short_name(technique), str(n), *(_cell(medians[m.name], n) for m in metrics)])
    return markdown_table(header, rows)


def _cell(estimate: Estimate, n: int) -> str:
    if estimate.median is None:
        return MISSING
    text = number(estimate.median)
    if estimate.low is not None and estimate.low != estimate.high:
        text += f" [{number(estimate.low)}, {number(estimate.high)}]"
    return text if estimate.n == n else f"{text} (n {estimate.n})"


def _worse(comparison: Comparison, baseline: str) -> str:
    units = {metric.name: metric.unit for metric in comparison.metrics}
    rows = [
        [
            short_name(technique),
            name,
            f"{_cell(estimate, estimate.n)} {units[name]}".strip(),
            str(estimate.n),
        ]
        for technique, name, estimate in worse(comparison, baseline)
    ]
    if not rows:
        return "Nothing, beyond the intervals of the paired differences.\n"
    return (
        f"Median of the differences to {short_name(baseline)} on the same pair, where their "
        "interval leaves 0 out.\n\n"
        + markdown_table(["technique", "metric", "difference", "n"], rows)
    )


def _failed(comparison: Comparison) -> str:
    rows = [[o.pair, short_name(o.technique), o.reason] for o in comparison.failed]
    rows += [[name, MISSING, why] for name, why in comparison.skipped]
    if not rows:
        return "Nothing.\n"
    return markdown_table(["pair", "technique", "reason"], rows)
