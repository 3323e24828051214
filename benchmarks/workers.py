"""Throughput of two worker processes: `djtrans prepare` and `djtrans evaluate`, one against two.

    python benchmarks/workers.py [--pairs 4] [--runs 3] [--only prepare] [--ceiling]

Each command works on synthesized tracks, in processes of one thread, with an empty cache and an
empty folder of results. Runs take turns: one worker, two workers, and one worker again in the
folder that the first run finished, which leaves start-up, planning and reports. `--ceiling` adds
two commands of one worker each at the same time: what two cores of the machine give at best.
Printed are medians of wall-clock and CPU time, of all processes of a command together, interpreter
and imports included. Run it on an idle machine; on a busy one only CPU times can be compared.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from _measuring import children_cpu

from djtrans.core.audio.io import write_audio
from djtrans.core.util.tables import markdown_table
from djtrans.synthesis import TrackSpec, synthesize

ONE, TWO, FINISHED = "one worker", "two workers", "one worker, finished before"
BOTH = "two commands at once"
#: Wall-clock and CPU time of one command, in seconds.
Run = tuple[float, float]


def write_tracks(folder: Path, count: int) -> None:
    """Write synthesized tracks of near tempos and one key."""
    folder.mkdir()
    for index in range(count):
        spec = TrackSpec(bpm=124.0 + 0.5 * index, seed=index)
        write_audio(folder / f"{index}.wav", synthesize(spec).audio, spec.sample_rate_hz)


def command(kind: str, tracks: Path, pairs: int) -> list[str]:
    """Return the arguments of a command, without workers and output."""
    if kind == "prepare":
        work = ["--tracks", str(tracks), "--max", str(pairs), "--separator", "spectral"]
    else:
        work = ["--synthesized", str(pairs), "--techniques", "bass-swap,eq-blend"]
    return [sys.executable, "-m", "djtrans", kind, "--quiet", *work]


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, so that their CPU time is known; Linux only.

    The server that workers are forked from ends after its command.
    """
    pr_set_child_subreaper = 36
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1)


def run(arguments: Sequence[str], folders: Sequence[Path], workers: int) -> Run:
    """Run a command for each of these folders, all at the same time."""
    before, start = children_cpu(), time.perf_counter()
    started = []
    for folder in folders:
        environment = {**os.environ, "DJTRANS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
        options = ["--output", str(folder / "results"), "--workers", str(workers)]
        started.append(
            subprocess.Popen([*arguments, *options], env=environment, stdout=subprocess.DEVNULL)
        )
    codes = [process.wait() for process in started]
    if any(codes):
        raise SystemExit(f"{' '.join(arguments)} failed.")
    wall = time.perf_counter() - start
    with suppress(ChildProcessError):
        while True:
            os.wait()
    return wall, children_cpu() - before


def measure(kind: str, tracks: Path, pairs: int, runs: int, ceiling: bool) -> list[list[str]]:
    """Run a command in turns; return a row of medians for each way to run it."""
    found: dict[str, list[Run]] = {ONE: [], TWO: [], FINISHED: [], BOTH: []}
    arguments = command(kind, tracks, pairs)
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folders = [Path(name) / str(index) for index in range(4)]
            for folder in folders:
                folder.mkdir()
            found[ONE].append(run(arguments, folders[:1], 1))
            found[TWO].append(run(arguments, folders[1:2], 2))
            found[FINISHED].append(run(arguments, folders[:1], 1))
            if ceiling:
                found[BOTH].append(run(arguments, folders[2:], 1))
    rows = []
    for way, taken in found.items():
        if not taken:
            continue
        wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
        work = 2 if way == BOTH else 1
        ratios = [
            [work * o / t for o, t in zip(*both, strict=True)]
            for both in zip(found[ONE], taken, strict=True)
        ]
        throughput, efficiency = (statistics.median(c) for c in zip(*ratios, strict=True))
        shown = ["", ""] if way == FINISHED else [f"{throughput:.2f}", f"{1 / efficiency:.2f}"]
        rows.append([kind, way, f"{wall:.1f}", f"{cpu:.1f}", *shown])
    return rows


def main(arguments: argparse.Namespace) -> None:
    """Measure both commands, and print one table."""
    adopt_orphans()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        tracks = Path(name) / "tracks"
        if arguments.only != "evaluate":
            write_tracks(tracks, 2 * arguments.pairs)
        for kind in ("prepare", "evaluate"):
            if arguments.only in (None, kind):
                rows += measure(kind, tracks, arguments.pairs, arguments.runs, arguments.ceiling)
    print(f"load average at the end: {os.getloadavg()[0]:.1f}\n")
    header = ["", "", "wall s", "CPU s", "throughput", "CPU per item"]
    print(markdown_table(header, rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("prepare", "evaluate"))
    parser.add_argument("--ceiling", action="store_true")
    main(parser.parse_args())
