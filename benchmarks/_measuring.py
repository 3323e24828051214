"""Time of cases that take turns, peak memory in a process each, and the machine they ran on."""

from __future__ import annotations

import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import attrs
import torch


def children_cpu() -> float:
    """Return the CPU time of all child processes that have ended, in seconds."""
    times = os.times()
    return times.children_user + times.children_system


@attrs.frozen
class Timing:
    """Seconds of each run of a case: wall clock, and CPU time of the process over all threads."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def median_wall(self) -> float:
        """Median of the wall-clock time."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """Median of the CPU time."""
        return statistics.median(self.cpu)

    def ratio(self, other: Timing) -> float:
        """Median of the ratios of CPU times of this to `other`, run by run."""
        return statistics.median(a / b for a, b in zip(self.cpu, other.cpu, strict=True))


def take_turns(cases: Mapping[str, Callable[[], object]], runs: int) -> dict[str, Timing]:
    """Run all cases to warm up, then in turn (A B A B), so that a busy machine slows all."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for turn in range(runs + 1):
        for name, run in cases.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            if turn:
                taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    columns = {name: tuple(zip(*rows, strict=True)) for name, rows in taken.items()}
    return {name: Timing(wall, cpu) for name, (wall, cpu) in columns.items()}


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Exponent k of ``seconds ~ sizes^k`` by least squares of the logarithms: 1 is linear."""
    return statistics.linear_regression(
        [math.log(x) for x in sizes], [math.log(y) for y in seconds]
    ).slope


def peak_megabytes(script: str, *arguments: str) -> float | None:
    """Memory that a script takes in a process of its own, by :func:`measure_peak`; Linux only."""
    if not Path("/proc/self/clear_refs").exists():
        return None
    command = [sys.executable, script, *arguments]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(printed.split()[-1])


def measure_peak(run: Callable[[], object], warm_up: Callable[[], object]) -> float:
    """Peak of this process in MB while it runs, less what it has before.

    Not getrusage: its peak is inherited from the process that started this one.
    """
    warm_up()  # imports and first-use buffers
    before = resident_megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    run()
    return resident_megabytes("VmHWM") - before


def resident_megabytes(field: str) -> float:
    """``VmRSS`` (now) or ``VmHWM`` (peak) of this process; Linux only."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return float(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def machine(packages: Sequence[str] = ("torch",)) -> str:
    """Describe processor, load, versions and date in a sentence."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        name = lines[0].partition(":")[2].strip() if lines else name
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return (
        f"{name}, {os.cpu_count()} cores{gpu}; Python {platform.python_version()}, {versions}; "
        f"{torch.get_num_threads()} thread(s); load average {os.getloadavg()[0]:.1f}; "
        f"{datetime.now(timezone.utc):%Y-%m-%d}"
    )
