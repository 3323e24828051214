"""Run the cases, or those of some families: ``python -m torture``."""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random

# Before torch is imported: a process with threads cannot be forked safely.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"
os.environ.pop("DJTRANS_CACHE", None)

import attrs
import click

from torture import corpus
from torture.bench import Bench
from torture.case import Case, Fault, Result
from torture.families import FAMILIES, SHORT, cases_of
from torture.process import background, preload
from torture.record import Record, report, version


@click.command()
@click.option("--cases", default=",".join(FAMILIES), show_default=True, help="Families, or short.")
@click.option("--only", default="", help="Only cases whose name contains this text.")
@click.option("--seed", default=0, show_default=True, help="Seed of all cases.")
@click.option("--limit", type=int, help="Stop after so many cases that were not recorded.")
@click.option("--out", default="torture-output", show_default=True, help="Folder of the results.")
@click.option("--jobs", default=1, show_default=True, help="Processes that run cases.")
@click.option("--again", is_flag=True, help="Run cases that are recorded, too.")
def main(
    cases: str, only: str, seed: int, limit: int | None, out: str, jobs: int, again: bool
) -> None:
    """Run generated cases against the djtrans command and write results.jsonl and report.md.

    A run that was stopped goes on with the cases that are not recorded for this code and seed. The
    exit code is 1 if there are faults.
    """
    folder = Path(out).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    preload()
    corpus.build(folder / "corpus", short=cases == SHORT)
    bench = Bench(folder / "work", folder / "corpus")
    record = Record(folder / "results.jsonl", version(), seed)
    known = {} if again else record.read()
    chosen = [
        case for family in cases.split(",") for case in cases_of(family, seed) if only in case.key
    ]
    todo = [case for case in chosen if case.key not in known]
    # A part of a run is then a sample of all.
    Random(seed).shuffle(todo)
    todo = todo[:limit]
    click.echo(f"{len(chosen)} cases, {len(chosen) - len(todo)} of them recorded or left out")
    with ExitStack() as stack:
        for number in range(1, jobs):
            mine = partial(run_all, bench.of_job(number), record, todo[number::jobs], seed)
            stack.enter_context(background(mine, to_its_end=True))
        run_all(bench, record, todo[::jobs], seed)
    known |= record.read()
    shown = {case.key: known[case.key] for case in chosen if case.key in known}
    text = report(shown, record.version, seed)
    (folder / "report.md").write_text(text, encoding="utf-8")
    click.echo(text.partition("## ")[0])
    sys.exit(1 if any(result.faults for result in shown.values()) else 0)


def run_all(bench: Bench, record: Record, cases: list[Case], seed: int) -> None:
    """Run cases and record their results."""
    for number, case in enumerate(cases, 1):
        result = run(bench, case, seed)
        record.add(case.key, result)
        lines = [f"    {fault.kind}: {fault.detail}" for fault in result.faults]
        sign = "FAULT" if lines else "ok"
        head = f"{number}/{len(cases)} {sign} {case.key} {result.status} {result.seconds:.1f} s"
        click.echo("\n".join([head, *lines]))


def run(bench: Bench, case: Case, seed: int) -> Result:
    """Run a case at a place of its own, which is kept if there is a fault."""
    place = bench.place(case.key.replace("/", "-"))
    begin = time.monotonic()
    try:
        result = case.run(bench, place, Random(f"{seed}/{case.key}"))
    except Exception as error:  # noqa: BLE001 -- the other cases are run all the same
        traceback.print_exc()
        fault = Fault("harness", f"{type(error).__name__}: {error}")
        result = Result(status="not run", faults=[fault])
    if result.faults:
        shutil.rmtree(place.cache, ignore_errors=True)
    else:
        shutil.rmtree(place.root, ignore_errors=True)
    if not result.seconds:
        return attrs.evolve(result, seconds=time.monotonic() - begin)
    return result


if __name__ == "__main__":
    main()
