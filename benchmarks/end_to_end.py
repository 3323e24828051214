"""Time of `djtrans generate` for two files: cold, and warm with what the first run left.

    python benchmarks/end_to_end.py a.ogg b.ogg [--runs 3] [--separator spectral]

Each cold run starts with an empty cache; the warm run after it repeats it. Printed are the medians
of the wall-clock and the CPU time of whole processes, interpreter and imports included, and the
steps of the last warm run. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import attrs
from _measuring import children_cpu

from djtrans.core.util.tables import markdown_table

#: Steps of a warm run that take less, in seconds, are not printed.
LEAST_SECONDS = 0.1


@attrs.frozen
class Run:
    """One process: wall-clock and CPU time in seconds, and what it printed."""

    wall: float
    cpu: float
    text: str


def run(a: str, b: str, separator: str, folder: Path) -> Run:
    """Generate a transition in a process of its own, with a cache in a folder."""
    command = [sys.executable, "-m", "djtrans", "generate", a, b, "--separator", separator]
    command += ["-o", str(folder / "out.wav"), "--profile"]
    environment = {**os.environ, "DJTRANS_CACHE": str(folder / "cache")}
    before, start = children_cpu(), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    wall = time.perf_counter() - start
    return Run(wall, children_cpu() - before, done.stdout + done.stderr)


def steps(text: str) -> list[str]:
    """Return the lines of the profile of a run that take long."""
    timed = [line for line in text.splitlines() if re.match(r" *\d+\.\d\d s ", line)]
    return [line for line in timed if float(line.split(" s ")[0]) >= LEAST_SECONDS]


def main(arguments: argparse.Namespace) -> None:
    """Run in turns, and print the medians."""
    found: dict[str, list[Run]] = {"cold": [], "warm": []}
    for _ in range(arguments.runs):
        with tempfile.TemporaryDirectory() as folder:
            for kind in found:
                found[kind].append(run(*arguments.tracks, arguments.separator, Path(folder)))
    rows = [
        [
            kind,
            f"{statistics.median(r.wall for r in runs):.1f}",
            f"{statistics.median(r.cpu for r in runs):.1f}",
        ]
        for kind, runs in found.items()
    ]
    print(markdown_table(["", "wall s", "CPU s"], rows))
    print("\n".join(steps(found["warm"][-1].text)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracks", nargs=2, metavar="FILE")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--separator", default="spectral")
    main(parser.parse_args())
