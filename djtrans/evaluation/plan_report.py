"""Summarize the plans of many pairs, and compare them with those of an earlier run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.output_files import check_by_product, check_folder, starts_with
from djtrans.core.util.tables import markdown_table, number
from djtrans.evaluation.plan_table import TERMS, PlanRow, plans_csv

#: Change of the risk that counts, and pairs that are listed.
NOTICED, LISTED = 0.1, 10


def write_plans(
    plans: Mapping[str, tuple[PlanRow, TransitionPlan | None]],
    analyses: Mapping[str, Analysis],
    output: str | os.PathLike[str],
    against: Sequence[PlanRow] = (),
) -> tuple[Path, ...]:
    """Write ``plans.csv``, ``plans.md`` and a picture of each of the worst plans.

    Parameters
    ----------
    plans : mapping
        As :func:`~djtrans.evaluation.plan_pairs` returns them.
    analyses : mapping of str to Analysis
        By the name of the track.
    output : path
        Folder; made if it does not exist.
    against : sequence of PlanRow
        Plans of an earlier run.

    Returns
    -------
    tuple of Path
        Files that were written.

    Raises
    ------
    InputError
        If a file there is none of these, or the earlier run has none of the pairs.
    """
    from djtrans.plot import plot_plan, save_figure

    rows = [row for row, _ in plans.values()]
    if against and not {row.pair for row in rows} & {row.pair for row in against}:
        raise InputError("The earlier run has none of these pairs; give the one of this folder.")
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    check_plan_files(folder)
    texts = {"plans.csv": plans_csv(rows), "plans.md": plans_markdown(rows, against)}
    written = []
    for name, text in texts.items():
        write_text(folder / name, text)
        written.append(folder / name)
    for index, row in enumerate(row for row in worst(rows) if row.technique):
        plan = plans[row.pair][1]
        name_a, _, name_b = row.pair.partition(" to ")
        picture = folder / f"worst_{index + 1:02d}.png"
        if plan is not None:
            save_figure(
                plot_plan(plan, analyses[name_a], analyses[name_b], (name_a, name_b)), picture
            )
            written.append(picture)
    return tuple(written)


def check_plan_files(folder: str | os.PathLike[str]) -> None:
    """Raise if the files would replace some of another origin."""
    check_folder("The output folder", folder)
    where = Path(folder)
    own: dict[str, Callable[[Path], bool]] = {
        "plans.csv": starts_with("pair,technique,bars,confidence"),
        "plans.md": starts_with("# Plans of "),
    }
    earlier = (where / "plans.csv").is_file()
    own |= {f"worst_{i:02d}.png": lambda _: earlier for i in range(1, LISTED + 1)}
    for name, is_own in own.items():
        check_by_product(where / name, is_own, instead="choose another folder for the plans")


def worst(rows: Sequence[PlanRow], count: int = LISTED) -> list[PlanRow]:
    """Return the plans of the highest risk, and those that are not possible, the worst first."""
    ranked = sorted(rows, key=lambda row: (bool(row.technique), -row.risk))
    return [row for row in ranked if row.risk > 0.0 or not row.technique][:count]


def plans_markdown(rows: Sequence[PlanRow], against: Sequence[PlanRow] = ()) -> str:
    """Format a summary: techniques, terms beyond their limits, the worst plans, and changes."""
    made = [row for row in rows if row.technique]
    techniques = sorted({row.technique for row in made})
    parts = [
        f"# Plans of {len(rows)} pairs\n",
        markdown_table(
            ("technique", "pairs", "bars", "median confidence"),
            (
                (
                    short_name(name),
                    str(len(chosen)),
                    ", ".join(map(str, sorted({row.bars for row in chosen}))),
                    f"{median(row.confidence for row in chosen):.2f}",
                )
                for name in techniques
                if (chosen := [row for row in made if row.technique == name])
            ),
        ),
        markdown_table(("term", "limit", "pairs beyond it", "median", "largest"), _term_lines(made))
        if made
        else "",
        f"{len(rows) - len(made)} pairs have no plan.\n",
        "## Worst\n",
        markdown_table(
            ("pair", "technique", "risk", "beyond the limit"), map(_listed, worst(rows))
        ),
    ]
    if against:
        parts += ["## Changes\n", _changes(rows, against)]
    return "\n".join(parts)


def _term_lines(made: Sequence[PlanRow]) -> Iterator[tuple[str, ...]]:
    for name, limit in TERMS.items():
        values = [row.terms[name] for row in made]
        beyond = sum(value > limit for value in values)
        yield name, f"{limit:g}", str(beyond), number(median(values)), number(max(values))


def _listed(row: PlanRow) -> tuple[str, ...]:
    if not row.technique:
        return row.pair, "none", "", row.reason
    beyond = [f"{n} {number(row.terms[n])}" for n, excess in row.excess.items() if excess > 0.0]
    return row.pair, f"{short_name(row.technique)} {row.bars}", f"{row.risk:.2f}", ", ".join(beyond)


def _changes(rows: Sequence[PlanRow], against: Sequence[PlanRow]) -> str:
    """Count the plans that changed, and list those whose risk changed most by the term."""
    old = {row.pair: row for row in against}
    both = [(old[row.pair], row) for row in rows if row.pair in old]
    changed = [(before, now) for before, now in both if before.place != now.place]
    better, worse = (
        [pair for pair in changed if sign * (pair[1].risk - pair[0].risk) > NOTICED]
        for sign in (-1.0, 1.0)
    )
    text = (
        f"{len(changed)} of {len(both)} plans changed: {len(better)} have a lower risk, "
        f"{len(worse)} a higher one.\n\n"
    )
    most = sorted(changed, key=lambda pair: pair[0].risk - pair[1].risk)
    listed = [pair for pair in most if pair in worse][:LISTED]
    listed += [pair for pair in reversed(most) if pair in better][:LISTED]
    return text + markdown_table(
        ("pair", "before", "now", "risk", "term that changed most"),
        (
            (
                now.pair,
                _short(before),
                _short(now),
                f"{before.risk:.2f} to {now.risk:.2f}",
                _changed_most(before, now),
            )
            for before, now in listed
        ),
    )


def _short(row: PlanRow) -> str:
    return f"{short_name(row.technique)} {row.bars}" if row.technique else "none"


def _changed_most(before: PlanRow, now: PlanRow) -> str:
    if not (before.technique and now.technique):
        return ""
    name = max(TERMS, key=lambda n: abs(now.excess[n] - before.excess[n]))
    return f"{name} {number(before.terms[name])} to {number(now.terms[name])}"
