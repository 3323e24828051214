"""Tables of a judgement: paired differences with intervals, gates, steering, ablations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.metric import MetricValue
from djtrans.core.util.tables import markdown_table, number
from djtrans.metrics import metric_values
from djtrans.metrics.gates import VERDICTS
from djtrans.registry import default_registry

RULES, REFINED_RULES = "rules", "rules, refined"
SAMPLE, FIRST, MODEL = "model, sample only", "model, first sample", "model"
REFINED_MODEL = "model, refined"
#: The model, or the rules where a gate is worse with the model, as `djtrans generate` chooses.
CHECKED, CHECKED_REFINED = "model, checked", "model, checked, refined"
SHUFFLED = "model, tracks shuffled"
SHOWN = (RULES, REFINED_RULES, MODEL, REFINED_MODEL)
#: From the network to what users get.
STAGES = (SAMPLE, FIRST, MODEL, CHECKED)
#: All but the ablations.
OWN = (*SHOWN, *STAGES, CHECKED_REFINED)
RESAMPLES = 2000
#: Pairs of tracks below which an interval of the bootstrap means nothing.
LEAST_GROUPS = 6
MISSING = "–"
#: Within this many beats the low end changes hands on a boundary.
ON_BOUNDARY = 1.0
#: Errors and leaks at the ends of a window below this are equal.
INAUDIBLE_DB = -60.0

Row = dict[str, Any]
Value = Callable[[dict[str, Any]], float | None]


@attrs.frozen
class Difference:
    """Mean of paired differences with its 95 % interval.

    Attributes
    ----------
    mean, low, high : float
    n : int
        Number of cases.
    """

    mean: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float], groups: Sequence[str]) -> Difference | None:
        """Bootstrap over groups of cases that share their tracks; None without values.

        With fewer than :data:`LEAST_GROUPS` groups there is no interval, and so no mark.
        """
        if not values:
            return None
        names, index = np.unique(np.array(groups), return_inverse=True)
        x = np.array(values, dtype=float)
        if len(names) < LEAST_GROUPS:
            return cls(float(x.mean()), -np.inf, np.inf, len(x))
        sums, counts = np.bincount(index, weights=x), np.bincount(index)
        drawn = np.random.default_rng(0).integers(len(names), size=(RESAMPLES, len(names)))
        means: NDArray[np.float64] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        return cls(float(x.mean()), float(low), float(high), len(x))

    def mark(self, better: str) -> str:
        """Return "better", "worse" or "" for no difference, or for a description."""
        if self.low <= 0.0 <= self.high or better == "description":
            return ""
        return "better" if (self.mean < 0.0) == (better == "lower") else "worse"

    def __str__(self) -> str:
        interval = f" [{signed(self.low)}, {signed(self.high)}]" if np.isfinite(self.low) else ""
        return f"{signed(self.mean)}{interval}"


def signed(value: float) -> str:
    """Format a number with its sign and at most three decimals."""
    decimals = next((n for n, least in enumerate((100.0, 10.0, 1.0)) if abs(value) >= least), 3)
    text = f"{value:+.{decimals}f}"
    return "0" if not text.strip("+-0.") else text


def differences(
    rows: Sequence[Row], source: str, reference: str, value: Value
) -> tuple[list[float], list[str]]:
    """List the paired differences of a value, and the pairs of tracks that they are of."""
    found, groups = [], []
    for row in rows:
        if source not in row["sources"] or reference not in row["sources"]:
            continue
        ours, theirs = (value(row["sources"][name]) for name in (source, reference))
        if ours is not None and theirs is not None:
            found.append(float(ours) - float(theirs))
            groups.append(" ".join(row["tracks"]))
    return found, groups


def metric(name: str) -> Value:
    """Return the reader of a metric; errors and leaks at the ends count from being audible on."""

    def value(result: dict[str, Any]) -> float | None:
        found: float | None = result["metrics"].get(name)
        is_end = name.startswith(("start_", "stop_"))
        return max(found, INAUDIBLE_DB) if is_end and found is not None else found

    return value


def of_model(document: dict[str, Any], sha256: str) -> list[Row]:
    """Return the rows with the results of the rules and of one model, by plain names."""
    rows = []
    for row in document["rows"].values():
        sources = {
            name.removesuffix(f" @{sha256}"): result
            for name, result in row["sources"].items()
            if name.endswith(f" @{sha256}") or "@" not in name
        }
        if RULES in sources and MODEL in sources:
            kept = RULES if any_worse(sources[RULES], sources[MODEL]) else MODEL
            sources[CHECKED] = sources[kept]
            if REFINED_RULES in sources and REFINED_MODEL in sources:
                refined = {RULES: REFINED_RULES, MODEL: REFINED_MODEL}
                sources[CHECKED_REFINED] = sources[refined[kept]]
        diversity = {k.removesuffix(f" @{sha256}"): v for k, v in row["diversity"].items()}
        rows.append({**row, "sources": sources, "diversity": diversity})
    return rows


def any_worse(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return True if a gate of one result is worse than that of another."""
    return any(
        VERDICTS.index(after["gates"][name]) > VERDICTS.index(verdict)
        for name, verdict in before["gates"].items()
    )


def paired(rows: Sequence[Row], reference: str, sources: Sequence[str], complete: bool) -> str:
    """Tabulate the means of a reference, and the differences of sources to it, for each metric."""
    lines, equal = [], []
    for declared in metric_values():
        value = metric(declared.name)
        cells = [_cell(rows, source, reference, value, declared.better) for source in sources]
        known = [v for r in rows if reference in r["sources"]
                 if (v := value(r["sources"][reference])) is not None]  # fmt: skip
        if not any(any(differences(rows, s, reference, value)[0]) for s in sources):
            equal.append(f"`{declared.name}`")
        elif complete or declared.better != "description":
            lines.append([_title(declared), str(len(known)), number(float(np.mean(known))), *cells])
    header = ["metric", "n", reference, *(f"{source} - {reference}" for source in sources)]
    text = markdown_table(header, lines)
    return text + (
        f"\nEqual in all cases, or not measurable: {', '.join(equal)}.\n" if equal else ""
    )


def _title(declared: MetricValue) -> str:
    sign = {"lower": "", "higher": ", higher is better", "description": ", a description"}
    return f"`{declared.name}`, {declared.unit}{sign[declared.better]}"


def _cell(rows: Sequence[Row], source: str, reference: str, value: Value, better: str) -> str:
    found = Difference.of(*differences(rows, source, reference, value))
    if found is None:
        return MISSING
    mark = found.mark(better)
    return f"{found} **{mark}**" if mark else str(found)


def verdicts(rows: Sequence[Row], source: str, reference: str) -> dict[str, list[str]]:
    """List the metrics that are better and worse than those of a reference."""
    found: dict[str, list[str]] = {"better": [], "worse": []}
    for declared in metric_values():
        difference = Difference.of(*differences(rows, source, reference, metric(declared.name)))
        mark = "" if difference is None else difference.mark(declared.better)
        if mark:
            found[mark].append(declared.name)
    return found


def gates(rows: Sequence[Row], shown: Sequence[str]) -> str:
    """Tabulate the gates that got better and worse than those of the rules, and the exchanges."""
    lines = []
    both = [row["sources"] for row in rows]
    for source in shown:
        changes = Counter[tuple[str, bool]]()
        for found in both:
            for name, verdict in found[RULES]["gates"].items():
                step = VERDICTS.index(found[source]["gates"][name]) - VERDICTS.index(verdict)
                changes[name, step > 0] += step != 0
        exchanges = [found[source]["exchange"] for found in both]
        accepted = [found[source]["refinement"] for found in both if found[source]["refinement"]]
        lines.append(
            [
                source,
                _counted(changes, worse=False),
                _counted(changes, worse=True),
                f"{sum(a['accepted'] for a in accepted)}" if accepted else MISSING,
                _near([e["off_phrase"] for e in exchanges]),
                _near([e["off_swap"] for e in exchanges]),
            ]
        )
    header = ["", "gates better", "gates worse", "refinements accepted"]
    header += ["exchange on a phrase boundary", "on the swap"]
    return markdown_table(header, lines)


def _counted(changes: Counter[tuple[str, bool]], worse: bool) -> str:
    named = {name: n for (name, is_worse), n in changes.items() if is_worse == worse and n}
    if not named:
        return "0"
    return f"{sum(named.values())} ({', '.join(f'{name} {n}' for name, n in named.items())})"


def _near(beats: Sequence[float | None]) -> str:
    near = sum(b is not None and abs(b) <= ON_BOUNDARY for b in beats)
    return f"{near} of {len(beats)}"


def ablations(rows: Sequence[Row], sources: Sequence[str]) -> str:
    """Tabulate how far each ablation moves the curves and their objective, and what changes."""
    lines = []
    for source in sources:
        base = MODEL if source == SHUFFLED else FIRST
        known = [
            (r["sources"][source]["change"], r["sources"][source]["seeds_apart"])
            for r in rows
            if source in r["sources"]
        ]
        if not known:
            continue
        ratios = np.array([change / seeds for change, seeds in known])
        total = Difference.of(*differences(rows, source, base, lambda r: r["objective"]))
        marks = verdicts(rows, source, base)
        lines.append(
            [
                source.removeprefix("model, "),
                str(len(known)),
                f"{ratios.mean():.2f}, {np.median(ratios):.2f}",
                str(total) if total else MISSING,
                ", ".join(f"`{name}`" for name in marks["worse"]) or MISSING,
                ", ".join(f"`{name}`" for name in marks["better"]) or MISSING,
            ]
        )
    header = ["conditioning", "n", "curves move, in distances of seeds: mean, median"]
    header += ["objective, sum", "worse", "better"]
    return markdown_table(header, lines) if lines else ""


def kind_of(technique: str) -> str:
    """Return the rules of a technique: some share the same, and differ in plan and playback."""
    return str(default_registry().techniques.find(technique).declaration.factory)


def steering(rows: Sequence[Row], shown: Sequence[str]) -> str:
    """Tabulate how often the classifier finds the requested technique."""
    lines, wrong = [], Counter[str]()
    for source in shown:
        found = [
            (r["technique"], r["sources"][source]["technique"])
            for r in rows
            if "technique" in r["sources"].get(source, {})
        ]
        if not found:
            continue
        agrees = [kind_of(asked) == kind_of(seen["technique"]) for asked, seen in found]
        lines.append(
            [
                source,
                str(len(found)),
                _percent(agrees),
                _percent([seen["clear"] for _, seen in found]),
                _percent([seen["belongs"] for _, seen in found]),
            ]
        )
        if source == MODEL:
            for (asked, seen), right in zip(found, agrees, strict=True):
                if not right:
                    wrong[f"{short_name(asked)} as {short_name(seen['technique'])}"] += 1
    if not lines:
        return ""
    text = markdown_table(["", "n", "as requested", "clearly one", "within its range"], lines)
    named = ", ".join(f"{name} {n}" for name, n in wrong.most_common())
    return text + (f"\nThe model's others: {named}.\n" if named else "")


def _percent(values: Sequence[bool]) -> str:
    return f"{100.0 * np.mean(values):.1f} %"


def diversity(rows: Sequence[Row]) -> str:
    """Tabulate the distance of the curves of different seeds."""
    lines = []
    for source in (RULES, MODEL):
        found = [(r["diversity"][source], " ".join(r["tracks"])) for r in rows
                 if source in r["diversity"]]  # fmt: skip
        if mean := Difference.of([v for v, _ in found], [g for _, g in found]) if found else None:
            lines.append([source, str(mean.n), str(mean).replace("+", "")])
    return markdown_table(["", "n", "distance of seeds, root mean square, of -1 to 1"], lines)


def _digests(document: dict[str, Any], sha256: str) -> str:
    digests = {name: document.get(name) or MISSING for name in ("set", "judge", "classifier")}
    return markdown_table(["", "SHA-256"], [*digests.items(), ("model", sha256)])


def contents(rows: Sequence[Row], sha256: str) -> str:
    """State the number of cases, their techniques and lengths, and what the model cannot do."""
    techniques = Counter(short_name(row["technique"]) for row in rows)
    lengths = Counter(row["bars"] for row in rows)
    lost = Counter(short_name(r["technique"]) for r in rows if sha256 in r["unsupported"])
    pairs = len({" ".join(row["tracks"]) for row in rows})
    text = f"{len(rows)} cases between {pairs} pairs of tracks; bars: {_listed(lengths)}; "
    text += f"techniques: {_listed(techniques)}.\n"
    if lost:
        text += f"The model does not support {sum(lost.values())} of them: {_listed(lost)}.\n"
    return text


def _listed(counts: Counter[Any]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))


def card(document: dict[str, Any], sha256: str, complete: bool) -> str:
    """Format all tables of a set; `complete` adds descriptive metrics and the refined rules."""
    rows = of_model(document, sha256)
    shown = [source for source in SHOWN if any(source in row["sources"] for row in rows)]
    common = [row for row in rows if all(source in row["sources"] for source in shown)]
    parts = [
        _digests(document, sha256),
        contents(rows, sha256),
        paired(common, RULES, shown[1:], complete),
        gates(common, shown),
    ]
    others = dict.fromkeys(s for r in rows for s in r["sources"] if s not in OWN)
    if REFINED_RULES in shown:
        ours = [source for source in shown if source in (MODEL, REFINED_MODEL)]
        table = paired(common, REFINED_RULES, ours, complete)
        parts.append(f"Against the refined rules:\n\n{table}")
    stages = [stage for stage in STAGES if any(stage in row["sources"] for row in rows)]
    whole = [row for row in rows if all(stage in row["sources"] for stage in stages)]
    if FIRST in stages:
        table = paired(whole, RULES, stages, complete)
        parts.append(f"From the network to the model:\n\n{table}")
    parts += [
        f"Ablations:\n\n{ablations(rows, list(others))}",
        steering(rows, shown),
        diversity(rows),
    ]
    return "\n".join(part for part in parts if part)
