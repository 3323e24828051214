"""Places where cases run, each with a folder, a cache and a home of its own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

import attrs

from torture.case import Argument, Case, Command, Finished, Result
from torture.judge import REFUSED, Promise, judge, last_line
from torture.process import Running, start
from torture.snapshot import Snapshot, snapshot

#: Every so many cases, one runs in a new interpreter.
_FRESH_EVERY = 15


@attrs.frozen
class Place:
    """Folders of one case.

    Attributes
    ----------
    root : Path
        Folder of everything else.
    """

    root: Path

    @property
    def files(self) -> Path:
        """Working folder of the command."""
        return self.root / "files"

    @property
    def cache(self) -> Path:
        """Cache of the command."""
        return self.root / "cache"

    @property
    def environment(self) -> dict[str, str]:
        """Environment of the command: nothing of the user's."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
            if name in os.environ
        }
        return {
            **kept,
            "DJTRANS_CACHE": os.fspath(self.cache),
            "HF_HUB_OFFLINE": "1",
            "HOME": os.fspath(self.root / "home"),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": os.fspath(self.root.parent / "matplotlib"),
            "NUMBA_CACHE_DIR": os.fspath(self.root.parent / "numba"),
            "OMP_NUM_THREADS": "1",
            "TMPDIR": os.fspath(self.root / "tmp"),
            "WANDB_MODE": "offline",
        }

    def make(self) -> None:
        """Make the folders, empty."""
        shutil.rmtree(self.root, ignore_errors=True)
        for name in ("files", "cache", "home", "tmp"):
            (self.root / name).mkdir(parents=True)

    def start(self, command: Command) -> Running:
        """Start a command here."""
        return start(command, self.files, self.environment)

    def run(self, command: Command) -> Finished:
        """Run a command here."""
        return self.start(command).wait()

    def link(self, source: Path, name: str) -> Path:
        """Put a file or folder of the corpus here, without copying its content."""
        target = self.files / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, copy_function=os.link)
        else:
            os.link(source, target)
        return target

    def warm(self, cache: Path) -> None:
        """Fill the cache with the entries of another."""
        shutil.rmtree(self.cache)
        shutil.copytree(cache, self.cache, copy_function=os.link)


@attrs.frozen
class Bench:
    """Surroundings of all cases.

    Attributes
    ----------
    root : Path
        Folder of all places.
    corpus : Path
        Folder of valid files, see :mod:`torture.corpus`.
    """

    root: Path
    corpus: Path

    def of_job(self, number: int) -> Bench:
        """Return the surroundings of another process, with places of its own."""
        return attrs.evolve(self, root=self.root.with_name(f"{self.root.name}-{number}"))

    def place(self, name: str) -> Place:
        """Make a place."""
        place = Place(self.root / name)
        place.make()
        return place


#: Writes the files of a case and returns the arguments of its command.
Make = Callable[[Bench, Place, Random], "tuple[Argument, ...] | Command"]


def single(
    family: str, name: str, make: Make, promise: Promise | None = None, *, cold: bool = False
) -> Case:
    """Make a case of one command.

    Parameters
    ----------
    family, name : str
    make : callable
        Writes the files of the case and returns the command, or its arguments.
    promise : Promise, optional
    cold : bool
        Run with an empty cache.
    """
    promise = promise or Promise()

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        fresh = rng.randrange(_FRESH_EVERY) == 0
        if not cold:
            place.warm(bench.corpus / "cache")
        made = make(bench, place, rng)
        command = made if isinstance(made, Command) else Command(arguments=made, fresh=fresh)
        return run_judged(place, command, promise)

    return Case(family, name, run)


def run_judged(place: Place, command: Command, promise: Promise) -> Result:
    """Run a command at a place and judge it."""
    before: Snapshot = snapshot(place.files)
    finished = place.run(command)
    faults = judge(command, finished, promise, place.files, before)
    return Result(
        status="refused" if finished.code == REFUSED else "success",
        faults=faults,
        command=command.text,
        message=last_line(finished.stderr),
        seconds=finished.seconds,
    )


def ended_by_signal(finished: Finished, number: signal.Signals) -> bool:
    """Return True if a command ended as one does that gets a signal."""
    return finished.code in (-number, 128 + number)
