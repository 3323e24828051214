"""Environments that are poor, odd or hostile: streams, variables, memory and clocks."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from random import Random

import attrs

from torture import corpus
from torture.bench import Bench, Place, run_judged
from torture.case import Argument, Case, Command, Result
from torture.families.kills import SCENARIOS, Scenario
from torture.judge import Promise

#: Changes of the environment.
_VARIABLES: dict[str, Mapping[str, str | None]] = {
    "no HOME": {"HOME": None},
    "HOME is missing": {"HOME": "/nonexistent/home", "MPLCONFIGDIR": None},
    "HOME is a file": {"HOME": "/dev/null", "MPLCONFIGDIR": None, "DJTRANS_CACHE": None},
    "no HOME and no cache": {"HOME": None, "MPLCONFIGDIR": None, "DJTRANS_CACHE": None},
    "TMPDIR is missing": {"TMPDIR": "/nonexistent/tmp"},
    "TMPDIR is a file": {"TMPDIR": "/dev/null"},
    "cache is a file": {"DJTRANS_CACHE": "/dev/null"},
    "cache is relative": {"DJTRANS_CACHE": "relative-cache"},
    "cache is empty": {"DJTRANS_CACHE": ""},
    "cache is odd": {"DJTRANS_CACHE": "/proc/self/\n"},
    "cache of a stranger": {"DJTRANS_CACHE": "~nobody-of-this-name/x"},
    "C": {"LANG": "C", "LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX": {"LANG": "POSIX", "LC_ALL": "POSIX"},
    "unknown locale": {"LANG": "xx_YY.KOI8", "LC_ALL": "xx_YY.KOI8"},
    "ASCII streams": {"PYTHONIOENCODING": "ascii"},
    "cp1252 streams": {"PYTHONIOENCODING": "cp1252:strict"},
    "one column": {"COLUMNS": "1"},
    "no columns": {"COLUMNS": "0"},
    "negative columns": {"COLUMNS": "-5"},
    "odd columns": {"COLUMNS": "wide"},
    "dumb terminal": {"TERM": "dumb", "NO_COLOR": "1"},
    "unknown terminal": {"TERM": "nothing", "FORCE_COLOR": "1"},
    "odd backend": {"MPLBACKEND": "TkAgg"},
    "unknown backend": {"MPLBACKEND": "nothing"},
    "strict warnings": {"PYTHONWARNINGS": "error"},
    "no warnings": {"PYTHONWARNINGS": "ignore"},
    "odd threads": {"OMP_NUM_THREADS": "x"},
    "many threads": {"OMP_NUM_THREADS": "1000"},
    "proxies": {"http_proxy": "http://127.0.0.1:9", "https_proxy": "nonsense"},
    "optimized": {"PYTHONOPTIMIZE": "2"},
    "unbuffered": {"PYTHONUNBUFFERED": "1"},
    "other hash seed": {"PYTHONHASHSEED": "12345"},
    "no PATH": {"PATH": None},
    "time zone": {"TZ": "Nowhere/Odd"},
}
_GENERATE = (
    *("generate", "a.wav", "b.wav", "-o", "out.wav", "--save-params", "out.json", "--visualize"),
    *corpus.GENERATE,
)
_WRITTEN = Promise(
    outputs=("out.wav", "out.json", "out.png"), maybe=("relative-cache", "~nobody-of-this-name")
)
#: Commands that print, for closed and full streams.
_PRINTING: dict[str, tuple[tuple[Argument, ...], Promise]] = {
    "generate": (_GENERATE, _WRITTEN),
    "analyze": (("analyze", "a.wav"), Promise()),
    "json": (("analyze", "a.wav", "--json"), Promise()),
    "plugins": (("plugins",), Promise()),
    "layout": (("layout",), Promise()),
    "help": (("--help",), Promise()),
    "version": (("--version",), Promise()),
    "cache": (("cache", "info"), Promise()),
}


def _odd_environment(name: str, *, fresh: bool) -> Case:
    def run(bench: Bench, place: Place, rng: Random) -> Result:
        corpus.place_tracks(bench, place)
        command = Command(
            arguments=_GENERATE, environment=_VARIABLES[name], fresh=fresh, seconds=180
        )
        return run_judged(place, command, _WRITTEN)

    return Case("environment", f"variables {name}", run)


def _streams(name: str, stdin: str, stdout: str) -> Case:
    arguments, promise = _PRINTING[name]
    broken = stdout != "file"

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        place.warm(bench.corpus / "cache")
        corpus.place_tracks(bench, place)
        command = Command(arguments=arguments, stdin=stdin, stdout=stdout, fresh=True, seconds=120)
        result = run_judged(place, command, promise)
        # A reader that has gone, as of `| head`, is not an error that anyone wants to read about.
        ended = [f for f in result.faults if not (broken and f.detail.startswith("exit code 1:"))]
        return Result(
            status=result.status,
            faults=ended,
            command=f"{result.command}  # stdin {stdin}, stdout {stdout}",
            message=result.message,
            seconds=result.seconds,
        )

    return Case("environment", f"stdin {stdin} stdout {stdout} {name}", run)


def _memory(scenario: Scenario, mebibytes: int) -> Case:
    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        command = Command(
            arguments=scenario.command(place).arguments, mebibytes=mebibytes, seconds=180
        )
        result = run_judged(place, command, Promise(maybe=scenario.outputs))
        # OpenBLAS ends a process itself when it has no memory, with a line and exit code 1.
        others = [fault for fault in result.faults if "OpenBLAS error: " not in fault.detail]
        return attrs.evolve(result, faults=others)

    return Case("environment", f"{mebibytes} MiB {scenario.name}", run)


def _clock(change: Callable[[float, Random], float]) -> Callable[[int], Callable[[], None]]:
    def patch(seed: int) -> Callable[[], None]:
        def apply() -> None:
            real, rng = time.time, random.Random(seed)
            time.time = lambda: change(real(), rng)

        return apply

    return patch


#: Clocks that jump: between any two calls, to the past, or out of range.
_CLOCKS = {
    "jumps": _clock(lambda now, rng: now + rng.choice((-1, 1)) * rng.choice((0, 3600, 10**8))),
    "runs backwards": _clock(lambda now, rng: 2 * 10**9 - now),
    "stands": _clock(lambda now, rng: 10**9),
    "is before 1970": _clock(lambda now, rng: -(10**9)),
    "is far": _clock(lambda now, rng: 10**11),
}


def _clocked(scenario: Scenario, name: str) -> Case:
    def run(bench: Bench, place: Place, rng: Random) -> Result:
        scenario.set_up(bench, place)
        command = Command(
            arguments=scenario.command(place).arguments,
            patch=_CLOCKS[name](rng.randrange(2**32)),
            seconds=180,
        )
        outputs = [output for output in scenario.outputs if output.startswith("out")]
        promise = Promise(outputs=outputs, maybe=scenario.outputs, expected="success")
        return run_judged(place, command, promise)

    return Case("environment", f"clock {name} {scenario.name}", run)


def _gone(name: str) -> Case:
    """Remove the working folder before the command starts."""
    arguments, promise = _PRINTING[name]

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        (place.files / "gone").mkdir()
        absolute = [
            os.fspath(bench.corpus / word) if word in ("a.wav", "b.wav") else word
            for word in map(os.fsdecode, arguments)
        ]
        command = Command(
            arguments=absolute, folder="gone", patch=lambda: os.rmdir(os.getcwd()), seconds=120
        )
        return run_judged(place, command, Promise(json=promise.json))

    return Case("environment", f"folder is gone {name}", run)


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for name in _VARIABLES:
        yield _odd_environment(name, fresh=True)
    for name in _PRINTING:
        for stdin, stdout in (
            ("closed", "file"),
            ("file", "closed"),
            ("file", "full"),
            ("file", "pipe"),
        ):
            if stdout != "file" or name in ("generate", "plugins"):
                yield _streams(name, stdin, stdout)
        yield _gone(name)
    for scenario in SCENARIOS:
        for mebibytes in (8, 64, 200):
            yield _memory(scenario, mebibytes)
        yield _clocked(scenario, rng.choice(sorted(_CLOCKS)))
    for name in _CLOCKS:
        yield _clocked(SCENARIOS[2], name)
