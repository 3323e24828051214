"""Two processes at one cache, one output or one folder of pairs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from torture.bench import Bench, Place
from torture.case import Case, Fault, Result
from torture.families.kills import SCENARIOS, Reference, Scenario
from torture.judge import REFUSED, SUCCESS, cause, disturbed, last_line
from torture.readers import unreadable
from torture.snapshot import is_temporary, snapshot

_TIMES = 4


def _together(reference: Reference, number: int) -> Case:
    """Run a scenario twice at once, the second some time after the first."""
    scenario: Scenario = reference.scenario

    def run(bench: Bench, place: Place, rng: Random) -> Result:
        reference.measure(bench)
        scenario.set_up(bench, place)
        before = snapshot(place.files)
        command = scenario.command(place)
        first = place.start(command)
        time.sleep(rng.random() * reference.seconds)
        # Its streams are files of the first, which is not judged by what it prints.
        second = place.start(command)
        ends = [first.wait(), second.wait()]
        faults = list(disturbed(place.files, before, scenario.outputs))
        faults += [
            Fault("exit-code", f"{end.code}: {cause(end.stderr)}")
            for end in ends
            if end.code not in (SUCCESS, REFUSED) or end.timed_out
        ]
        if all(end.code == REFUSED for end in ends):
            faults.append(Fault("refused", f"both: {last_line(ends[1].stderr)}"))
        found = scenario.results(place)
        different = [n for n, d in reference.stable.items() if found.get(n, d) != d]
        if missing := sorted(reference.names - set(found)):
            faults.append(Fault("half-written", f"{missing[0]!r} is missing"))
        if different:
            faults.append(Fault("half-written", f"{different[0]!r} is not that of one run"))
        for entry in snapshot(place.cache):
            if is_temporary(entry):
                faults.append(Fault("leftover", f"cache/{entry}"))
            elif why := unreadable(place.cache / entry):
                faults.append(Fault("half-written", f"cache/{entry}: {why}"))
        return Result(
            status="success",
            faults=faults,
            command=f"{command.text}  # twice at once",
            message=last_line(ends[1].stderr),
            seconds=sum(end.seconds for end in ends),
        )

    return Case("environment", f"together {scenario.name} {number}", run)


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for scenario in SCENARIOS:
        if scenario.name != "generate mp3":
            reference = Reference(scenario)
            for number in range(_TIMES):
                yield _together(reference, number)
