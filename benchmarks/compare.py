"""Every technique and four baselines over synthesized and real pairs, as one table each.

    python benchmarks/compare.py                   # 40 synthesized pairs
    python benchmarks/compare.py --tracks FOLDER   # and all pairs of a folder (or DJTRANS_TRACKS)
    python benchmarks/compare.py --tracks FOLDER --pairs 4 --workers 2 --output FOLDER

Goes on where it was stopped; `log.txt` in the output says how it went. Synthesized pairs come with
their true stems, so that what depends on stems is measurable; real ones are separated, and with a
separator that isolates weakly their vocal metrics are not measurable.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from djtrans.cli.progress import progress_line
from djtrans.core.errors import DjtransError
from djtrans.core.util.progress import Progress
from djtrans.evaluation import (
    Comparison,
    EvaluationOptions,
    TrackPair,
    all_pairs,
    compare,
    synthesized_pairs,
    write_report,
)

TRACKS = os.environ.get("DJTRANS_TRACKS")
#: Seconds between two lines of the log.
LOG_SECONDS = 30.0


def main(arguments: argparse.Namespace) -> None:
    """Compare on the synthesized pairs, then on the real ones."""
    arguments.output.mkdir(parents=True, exist_ok=True)
    log = arguments.output / "log.txt"

    def say(text: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {text}"
        print(line, flush=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    if arguments.synthesized:
        pairs = synthesized_pairs(arguments.synthesized, arguments.seed)
        run("synthesized", pairs, (), EvaluationOptions(seed=arguments.seed), arguments, say)
    if arguments.tracks is not None:
        say(f"analyzing the tracks of {arguments.tracks}")
        found, skipped = all_pairs(arguments.tracks)
        pairs = found[: arguments.pairs or None]
        options = EvaluationOptions(seed=arguments.seed, separator=arguments.separator)
        run("real", pairs, skipped, options, arguments, say)


def run(
    name: str,
    pairs: Sequence[TrackPair],
    skipped: Sequence[tuple[str, str]],
    options: EvaluationOptions,
    arguments: argparse.Namespace,
    say: Callable[[str], None],
) -> None:
    """One comparison, its report and what it cost."""
    begin, last = time.monotonic(), float("-inf")

    def log(event: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if event.done == event.total or now - last >= LOG_SECONDS:
            last = now
            rate = (event.done - event.metrics["resumed"]) / (now - begin)
            say(f"{name}: {progress_line(event, rate)}")

    folder = arguments.output / name
    comparison = compare(
        pairs,
        arguments.techniques,
        output=folder,
        options=options,
        workers=arguments.workers,
        progress=log,
        skipped=skipped,
    )
    for path in write_report(comparison, folder):
        say(f"{name}: wrote {path}")
    say(f"{name}: {cost(comparison)}")


def cost(comparison: Comparison) -> str:
    """Wall time of a pair and of a unit, by step."""
    steps: dict[str, list[float]] = {}
    for outcome in comparison.outcomes:
        for step, seconds in outcome.seconds.items():
            steps.setdefault(step, []).append(seconds)
    said = ", ".join(f"{step} {statistics.median(s):.2f}" for step, s in steps.items())
    total = sum(sum(s) for s in steps.values()) / max(1, len(comparison.pairs))
    return f"{total:.1f} s a pair; median seconds of each step that was taken: {said}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default="demo-output/compare", help="folder")
    parser.add_argument("--synthesized", type=int, default=40, help="how many pairs; 0: none")
    parser.add_argument("--tracks", type=Path, default=TRACKS, help="folder of real tracks")
    parser.add_argument("--pairs", type=int, default=0, help="at most so many real pairs; 0: all")
    parser.add_argument("--techniques", nargs="*", default=(), help="names; default: all")
    parser.add_argument("--separator", default="spectral", help="for the real tracks")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=0)
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
