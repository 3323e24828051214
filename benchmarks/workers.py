"""Time of `djtrans prepare` and `djtrans evaluate` with one and with two worker processes.

    python benchmarks/workers.py TRACKS [--runs 2] [--pairs 6] [--techniques bass-swap,fade]

TRACKS is a folder of tracks. Both commands start with an empty cache, so that tracks are decoded,
analyzed and separated, and take turns with one and two workers. Printed are medians of the wall
clock and the CPU time of whole commands, and the ratio of the wall clocks. Run it on an idle
machine of two cores or more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from djtrans.core.util.tables import markdown_table

WORKERS = (1, 2)


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command of djtrans with a cache in a folder; return wall-clock and CPU time in s."""
    environment = {**os.environ, "DJTRANS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "djtrans", *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system
    return wall, cpu - before.children_user - before.children_system


def commands(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Return both commands without their workers and output."""
    common = ["--separator", "spectral", "--quiet"]
    tracks, pairs = str(arguments.tracks), str(arguments.pairs)
    return {
        "prepare": ["prepare", "--tracks", tracks, "--max", pairs, *common],
        "evaluate": [
            *("evaluate", "--all-pairs", tracks, "--techniques", arguments.techniques, *common),
        ],
    }


def main(arguments: argparse.Namespace) -> None:
    """Run in turns, and print the medians."""
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(arguments.runs):
        for name, command in commands(arguments).items():
            for workers in WORKERS:
                with tempfile.TemporaryDirectory() as folder:
                    given = ["--workers", str(workers), "--output", f"{folder}/out"]
                    measured = run([*command, *given], Path(folder))
                    print(f"{name}, {workers}: {measured[0]:.1f} s, {measured[1]:.1f} s of CPU")
                found.setdefault((name, workers), []).append(measured)
    rows = []
    for name in commands(arguments):
        walls = [statistics.median(wall for wall, _ in found[name, n]) for n in WORKERS]
        cpus = [statistics.median(cpu for _, cpu in found[name, n]) for n in WORKERS]
        cells = [f"{seconds:.1f}" for seconds in (*walls, *cpus)]
        rows.append([name, *cells, f"{walls[0] / walls[1]:.2f}"])
    header = ["", "one, wall s", "two, wall s", "one, CPU s", "two, CPU s", "one / two"]
    print("\n" + markdown_table(header, rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracks", type=Path, metavar="TRACKS")
    parser.add_argument("--pairs", type=int, default=6, help="pairs that prepare makes")
    parser.add_argument("--techniques", default="bass-swap,fade")
    parser.add_argument("--runs", type=int, default=2)
    main(parser.parse_args())
