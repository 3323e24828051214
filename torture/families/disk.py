"""Disks that are full, folders that cannot be written to, and folders that vanish."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from torture.bench import Bench, Place, run_judged
from torture.case import Case, Command, Fault, Result, skipped
from torture.families.kills import SCENARIOS, Reference, Scenario
from torture.judge import REFUSED, SUCCESS, Promise, judge, last_line
from torture.snapshot import snapshot

_KIBIBYTES = (1, 16, 200, 2000)


def _promise(scenario: Scenario, expected: str = "either") -> Promise:
    """Return the promise of a scenario: outputs that exist before are not the proof of success."""
    return Promise(
        outputs=[name for name in scenario.outputs if name.startswith("out")],
        maybe=scenario.outputs,
        expected=expected,
    )


def _limited(scenario: Scenario, kibibytes: int) -> Case:
    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        arguments = scenario.command(place).arguments
        command = Command(arguments=arguments, seconds=180, file_bytes=1024 * kibibytes)
        return run_judged(place, command, _promise(scenario))

    return Case("disk", f"files of {kibibytes} KiB at most {scenario.name}", run)


@contextlib.contextmanager
def _small_disk(folder: Path, kibibytes: int) -> Iterator[str]:
    """Mount a disk of a size on a folder; why it cannot be, or an empty text."""
    command = ("mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "torture", os.fspath(folder))
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        why = str(error)
    try:
        yield why and "a small disk cannot be mounted here"
    finally:
        if not why:
            subprocess.run(("umount", "-l", os.fspath(folder)), check=False)


def _full(scenario: Scenario, spare: int) -> Case:
    """Run a scenario on a disk that has room for its files, and for some KiB more."""

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        needed = sum(f.stat().st_blocks for f in place.files.rglob("*") if f.is_file()) // 2
        aside = place.root / "aside"
        place.files.rename(aside)
        place.files.mkdir()
        with _small_disk(place.files, needed + spare + 64) as why:
            if why:
                return skipped(why)
            shutil.copytree(aside, place.files, dirs_exist_ok=True)
            arguments = scenario.command(place).arguments
            command = Command(
                arguments=arguments,
                seconds=180,
                # Temporary files share the disk.
                environment={"TMPDIR": os.fspath(place.files)} if spare % 2 else {},
            )
            return run_judged(place, command, _promise(scenario))

    return Case("disk", f"{spare} KiB free {scenario.name}", run)


def _full_cache(kibibytes: int) -> Case:
    """Fill the disk of the cache, which must cost no result."""
    scenario = next(s for s in SCENARIOS if s.caching)

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        with _small_disk(place.cache, kibibytes) as why:
            if why:
                return skipped(why)
            command = scenario.command(place)
            return run_judged(place, command, Promise(json=True, expected="success"))

    return Case("disk", f"cache of {kibibytes} KiB", run)


def _read_only(scenario: Scenario, what: str) -> Case:
    """Run a scenario without the right to write to a folder."""

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        if what == "output":
            (place.files / "out").mkdir()
        closed = {"files": place.files, "output": place.files / "out", "cache": place.cache}[what]
        for folder in (closed, *(path for path in closed.rglob("*") if path.is_dir())):
            folder.chmod(0o555)
        command = Command(
            arguments=scenario.command(place).arguments, unprivileged=True, seconds=180
        )
        expected = "success" if what == "cache" else "either"
        return run_judged(place, command, _promise(scenario, expected))

    return Case("disk", f"read-only {what} {scenario.name}", run)


def _vanishing(reference: Reference, what: str, number: int) -> Case:
    """Remove a folder while the scenario runs."""
    scenario = reference.scenario

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        reference.measure(bench)
        scenario.set_up(bench, place)
        command = scenario.command(place)
        before = snapshot(place.files)
        running = place.start(command)
        time.sleep(rng.random() * reference.seconds)
        folder = {"output": place.files / "out", "cache": place.cache, "tmp": place.root / "tmp"}
        shutil.rmtree(folder[what], ignore_errors=True)
        finished = running.wait()
        promise = Promise(
            maybe=scenario.outputs, expected="success" if what == "cache" else "either"
        )
        faults = judge(command, finished, promise, place.files, before)
        if what == "output":  # it was removed by us, whole or in part
            faults = [f for f in faults if f.kind not in ("missing-output", "half-written")]
        return Result(
            status="refused" if finished.code == REFUSED else "success",
            faults=faults,
            command=f"{command.text}  # {what} folder removed",
            message=last_line(finished.stderr),
            seconds=finished.seconds,
        )

    return Case("disk", f"vanishing {what} {scenario.name} {number}", run)


def _repaired(scenario: Scenario) -> Case:
    """After a full disk, the same run with room for all succeeds."""

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        before = snapshot(place.files)
        size = 1024 * rng.choice((1, 4, 40, 400))
        command = Command(arguments=scenario.command(place).arguments, file_bytes=size, seconds=180)
        first = place.run(command)
        faults = judge(command, first, _promise(scenario), place.files, before)
        again = place.run(scenario.command(place))
        if again.code != SUCCESS:
            faults.append(Fault("restart", f"with room for all: {last_line(again.stderr)}"))
        return Result(
            status="refused" if first.code == REFUSED else "success",
            faults=faults,
            command=command.text,
            message=last_line(first.stderr),
            seconds=first.seconds + again.seconds,
        )

    return Case("disk", f"room after a full disk {scenario.name}", run)


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    written = [scenario for scenario in SCENARIOS if not scenario.caching]
    for scenario in written:
        for kibibytes in _KIBIBYTES:
            yield _limited(scenario, kibibytes)
        for spare in (0, 8, 301):
            yield _full(scenario, spare)
        yield _repaired(scenario)
        yield _read_only(scenario, "files")
        yield _read_only(scenario, "cache")
        if "out" in scenario.outputs:
            yield _read_only(scenario, "output")
        reference = Reference(scenario)
        if "out" in scenario.outputs:
            for number in range(3):
                yield _vanishing(reference, "output", number)
        yield _vanishing(reference, "cache", 0)
        yield _vanishing(reference, "tmp", 0)
    for kibibytes in (0, 4, 40):
        yield _full_cache(max(kibibytes, 1))
