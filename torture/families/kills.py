"""Signals at moments between the start and the end of a run, each followed by the run again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import attrs

from torture import corpus
from torture.bench import Bench, Place
from torture.case import Argument, Case, Command, Fault, Finished, Result
from torture.judge import REFUSED, SUCCESS, cause, disturbed, last_line
from torture.snapshot import Snapshot, is_temporary, snapshot, within

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
#: Kills of each scenario and signal.
_MOMENTS = 9
#: Exit codes of a run that a signal ended; a run may also have been done already.
_INTERRUPTED = 130


@attrs.frozen(kw_only=True)
class Scenario:
    """A run that can be interrupted and repeated.

    Attributes
    ----------
    name : str
    links : tuple of str
        Files and folders of the corpus that it needs.
    arguments : tuple
        Its command line.
    outputs : tuple of str
        Files and folders that it writes.
    older : mapping of str to str
        Outputs that exist before, by the file of the corpus that they are copies of.
    caching : bool
        The cache is an output too, and empty before.
    resumes : bool
        The run is repeated from its last checkpoint.
    """

    name: str
    links: tuple[str, ...]
    arguments: tuple[Argument, ...]
    outputs: tuple[str, ...]
    older: dict[str, str] = attrs.field(factory=dict)
    caching: bool = False
    resumes: bool = False
    workers: bool = False

    def set_up(self, bench: Bench, place: Place) -> None:
        """Make the files that the run begins with."""
        if not self.caching:
            place.warm(bench.corpus / "cache")
        for name in self.links:
            place.link(bench.corpus / name, name)
        for name, source in self.older.items():
            shutil.copy(bench.corpus / source, place.files / name)

    def command(self, place: Place) -> Command:
        """Return the command that begins, or goes on with, the run."""
        arguments = list(self.arguments)
        if self.resumes:
            out = place.files / "out"
            # The best model is written before the first checkpoint.
            found = [*out.glob("best_model.pt"), *sorted(out.glob("checkpoint_*.pt"), key=_step)]
            arguments += ["--resume", found[-1]] if found else []
        return Command(arguments=arguments, seconds=180, fresh=self.workers)

    def results(self, place: Place) -> Snapshot:
        """Return what it has written."""
        found = {
            name: digest
            for name, digest in snapshot(place.files).items()
            if within(name, self.outputs) and not is_temporary(name)
        }
        if self.caching:
            entries = snapshot(place.cache).items()
            found |= {f"cache/{name}": digest for name, digest in entries if not is_temporary(name)}
        return found


def _step(file: Path) -> int:
    return int(re.sub(r"\D", "", file.stem) or 0)


_GENERATE = (
    *("generate", "a.wav", "b.wav", "-o", "out.wav", "--save-params", "out.json", "--visualize"),
    *corpus.GENERATE,
)
SCENARIOS = (
    Scenario(
        name="generate",
        links=("a.wav", "b.wav"),
        arguments=_GENERATE,
        outputs=("out.wav", "out.json", "out.png"),
        older={"out.wav": "mix.wav", "out.json": "params.json"},
    ),
    Scenario(
        name="generate mp3",
        links=("a.wav", "b.wav"),
        arguments=("generate", "a.wav", "b.wav", "-o", "out.mp3", *corpus.GENERATE, "--full"),
        outputs=("out.mp3",),
    ),
    Scenario(
        name="prepare",
        links=("library",),
        arguments=(
            *("prepare", "--tracks", "library", "--output", "out", "--max", "2"),
            *corpus.PREPARE,
        ),
        outputs=("out",),
    ),
    Scenario(
        name="train",
        links=("trained/synthetic.safetensors",),
        arguments=(
            *("train", "--data", "trained/synthetic.safetensors", "--output", "out"),
            *corpus.TRAIN,
        ),
        outputs=("out",),
        resumes=True,
    ),
    Scenario(
        name="train on pairs",
        links=("prepared",),
        arguments=("train", "--data", "prepared", "--output", "out", *corpus.TRAIN),
        outputs=("out", "prepared/features.safetensors"),
        resumes=True,
    ),
    Scenario(
        name="evaluate",
        links=("library",),
        arguments=(
            *("evaluate", "--all-pairs", "library", "--techniques", "cut,fade"),
            *("--bars", "4", "--output", "out"),
        ),
        outputs=("out",),
    ),
    Scenario(
        name="extract",
        links=("mixes", "tracklists", "originals"),
        arguments=(
            *("extract", "--mixes", "mixes", "--tracklists", "tracklists"),
            *("--tracks", "originals", "--output", "out", "--max", "1"),
        ),
        outputs=("out",),
    ),
    Scenario(
        name="cache",
        links=("a.wav", "b.wav", "long.wav"),
        arguments=("analyze", "a.wav", "b.wav", "long.wav", "--json"),
        outputs=(),
        caching=True,
    ),
    Scenario(
        name="export",
        links=("trained/checkpoint_4.pt",),
        arguments=("export", "trained/checkpoint_4.pt", "-o", "out.safetensors"),
        outputs=("out.safetensors",),
        older={"out.safetensors": "model.safetensors"},
    ),
    Scenario(
        name="collect",
        links=("set.txt",),
        arguments=("collect", "set.txt", "--output", "out"),
        outputs=("out",),
    ),
)
#: Runs with worker processes, which take seconds to start.
WITH_WORKERS = Scenario(
    name="prepare by workers",
    links=("library",),
    arguments=(*SCENARIOS[2].arguments, "--workers", "2"),
    outputs=("out",),
    workers=True,
)


@attrs.define
class Reference:
    """Undisturbed runs of a scenario, made when they are first needed.

    Attributes
    ----------
    scenario : Scenario
    seconds : float
        Length of a run.
    stable : Snapshot
        Results that two runs share.
    names : set of str
        All results.
    """

    scenario: Scenario
    seconds: float = 0.0
    stable: Snapshot = attrs.field(factory=dict)
    names: set[str] = attrs.field(factory=set)

    def measure(self, bench: Bench) -> None:
        """Run the scenario twice, unless it has been.

        Raises
        ------
        RuntimeError
            If it fails undisturbed.
        """
        if self.names:
            return
        found = []
        for number in range(2):
            place = bench.place(f"undisturbed-{self.scenario.name.replace(' ', '-')}-{number}")
            self.scenario.set_up(bench, place)
            done = place.run(self.scenario.command(place))
            if done.code != SUCCESS:
                raise RuntimeError(f"{self.scenario.name} undisturbed: {done.stderr[-1000:]}")
            found.append(self.scenario.results(place))
            self.seconds = done.seconds
            shutil.rmtree(place.root)
        first, second = found
        self.names = set(first) & set(second)
        self.stable = {name: first[name] for name in self.names if first[name] == second[name]}


def kill(
    bench: Bench, place: Place, rng: Random, reference: Reference, number: signal.Signals
) -> Result:
    """Run a scenario, end it at a moment, judge what is left, and run it again."""
    scenario = reference.scenario
    reference.measure(bench)
    scenario.set_up(bench, place)
    before = snapshot(place.files)
    command = scenario.command(place)
    running = place.start(command)
    moment = rng.random() * reference.seconds
    time.sleep(moment)
    # Ctrl-C reaches all processes of a terminal, other signals only the one that is meant.
    killed = running.send(number, to_all=number == signal.SIGINT)
    finished = running.wait()
    faults = [
        *_ending(finished, number, killed),
        *disturbed(place.files, before, scenario.outputs, leftovers=number != signal.SIGKILL),
    ]
    if number != signal.SIGKILL and any(is_temporary(name) for name in snapshot(place.cache)):
        faults.append(Fault("leftover", "a temporary file in the cache"))
    if number != signal.SIGKILL and (left := _own_files(place.root / "tmp")):
        faults.append(Fault("leftover", f"{left[0]!r} in TMPDIR"))
    # The run that follows may remove what the killed one had half made.
    between = {name: d for name, d in snapshot(place.files).items() if not is_temporary(name)}
    again = place.run(scenario.command(place))
    faults += _restarted(again)
    faults += _compared(scenario.results(place), reference)
    faults += disturbed(place.files, between, scenario.outputs, leftovers=False)
    leftovers = sum(is_temporary(name) for name in snapshot(place.files))
    return Result(
        status="killed" if killed else "success",
        faults=faults,
        command=f"{command.text}  # {number.name} after {moment:.2f} s",
        message=last_line(finished.stderr),
        kills=int(killed),
        leftovers=leftovers,
        seconds=finished.seconds + again.seconds,
    )


def _own_files(folder: Path) -> list[str]:
    """List what is in a folder, but for the cache of torch's compiler.

    Any optimizer of torch makes that folder, one for all programs of a user.
    """
    return [name for name in os.listdir(folder) if not name.startswith("torchinductor_")]


def _ending(finished: Finished, number: signal.Signals, killed: bool) -> Iterator[Fault]:
    if "Traceback (most recent call last)" in finished.stderr:
        yield Fault("traceback", f"at {number.name}: {cause(finished.stderr)}")
    if finished.timed_out:
        yield Fault("time", f"still ran after {number.name}")
    elif finished.code not in (SUCCESS, -number, 128 + number, _INTERRUPTED) or (
        not killed and finished.code != SUCCESS
    ):
        yield Fault("exit-code", f"{finished.code} after {number.name}: {finished.stderr[-300:]}")
    if finished.survivors:
        yield Fault("survivor", f"{finished.survivors} processes after {number.name}")


def _restarted(again: Finished) -> Iterator[Fault]:
    if again.timed_out:
        yield Fault("time", "the restart does not end")
    elif again.code == REFUSED:
        yield Fault("restart", f"is refused: {last_line(again.stderr)}")
    elif again.code != SUCCESS:
        yield Fault("restart", f"exit code {again.code}: {cause(again.stderr)}")


def _compared(results: Snapshot, reference: Reference) -> Iterator[Fault]:
    missing = sorted(reference.names - set(results))
    if missing:
        yield Fault("restart", f"{missing[0]!r} is missing after the restart")
    different = sorted(
        name for name, digest in reference.stable.items() if results.get(name, digest) != digest
    )
    if different:
        yield Fault("restart", f"{different[0]!r} is not that of an undisturbed run")


def _cases(scenario: Scenario, signals: Sequence[signal.Signals], moments: int) -> Iterator[Case]:
    reference = Reference(scenario)
    for number in signals:
        for moment in range(moments):

            def run(
                bench: Bench, place: Place, rng: Random, number: signal.Signals = number
            ) -> Result:
                return kill(bench, place, rng, reference, number)

            yield Case("kills", f"{scenario.name} {number.name} {moment}", run)


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for scenario in SCENARIOS:
        yield from _cases(scenario, _SIGNALS, _MOMENTS)
    yield from _cases(WITH_WORKERS, _SIGNALS, 3)
