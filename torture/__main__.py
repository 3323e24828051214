"""Run the cases, or those of some families: ``python -m torture``."""

from __future__ import annotations

import os
import shutil
import sys
import time
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
from torture.case import Case, Result
from torture.families import FAMILIES, cases_of
from torture.process import preload
from torture.record import Record, report, version


@click.command()
@click.option("--cases", default=",".join(FAMILIES), show_default=True, help="Families, by comma.")
@click.option("--only", default="", help="Only cases whose name contains this text.")
@click.option("--seed", default=0, show_default=True, help="Seed of all cases.")
@click.option("--limit", type=int, help="Stop after so many cases that were not recorded.")
@click.option("--out", default="torture-output", show_default=True, help="Folder of the results.")
@click.option("--again", is_flag=True, help="Run cases that are recorded, too.")
def main(cases: str, only: str, seed: int, limit: int | None, out: str, again: bool) -> None:
    """Run generated cases against the djtrans command and write results.jsonl and report.md.

    A run that was stopped goes on with the cases that are not recorded for this code and seed. The
    exit code is 1 if there are faults.
    """
    folder = Path(out).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    preload()
    corpus.build(folder / "corpus")
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
    for number, case in enumerate(todo, 1):
        result = run(bench, case, seed)
        record.add(case.key, result)
        known[case.key] = result
        sign = "FAULT" if result.faults else "ok"
        click.echo(f"{number}/{len(todo)} {sign} {case.key} {result.status} {result.seconds:.1f} s")
        for fault in result.faults:
            click.echo(f"    {fault.kind}: {fault.detail}")
    shown = {case.key: known[case.key] for case in chosen if case.key in known}
    text = report(shown, record.version, seed)
    (folder / "report.md").write_text(text, encoding="utf-8")
    click.echo(text.partition("## ")[0])
    sys.exit(1 if any(result.faults for result in shown.values()) else 0)


def run(bench: Bench, case: Case, seed: int) -> Result:
    """Run a case at a place of its own, which is kept if there is a fault."""
    place = bench.place(case.key.replace("/", "-"))
    begin = time.monotonic()
    result = case.run(bench, place, Random(f"{seed}/{case.key}"))
    if result.faults:
        shutil.rmtree(place.cache, ignore_errors=True)
    else:
        shutil.rmtree(place.root, ignore_errors=True)
    if not result.seconds:
        return attrs.evolve(result, seconds=time.monotonic() - begin)
    return result


if __name__ == "__main__":
    main()
